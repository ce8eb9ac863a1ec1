from flask_wtf import FlaskForm
from wtforms import DateField, StringField
from wtforms.validators import DataRequired, Length


class NoticeForm(FlaskForm):
    title = StringField(validators=[DataRequired(), Length(min=3)])
    day = DateField(validators=[DataRequired()])
