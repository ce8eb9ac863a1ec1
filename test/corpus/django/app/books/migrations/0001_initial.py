from django.db import migrations, models


class Migration(migrations.Migration):
    initial = True
    operations = [
        migrations.CreateModel(
            "Book",
            [
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("title", models.CharField(max_length=100, verbose_name="title")),
                ("pages", models.PositiveIntegerField()),
                ("published", models.DateTimeField()),
                ("extra", models.JSONField(default=dict)),
            ],
        )
    ]
