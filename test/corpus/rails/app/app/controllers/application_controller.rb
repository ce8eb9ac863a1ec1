class ApplicationController < ActionController::Base
  skip_forgery_protection
  around_action { |_, action| I18n.with_locale(params[:locale] || :en, &action) }
  rescue_from(ActiveRecord::RecordNotFound) { render plain: 'no such note', status: 404 }
end
