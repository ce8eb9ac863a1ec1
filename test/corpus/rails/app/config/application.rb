require 'bundler/setup'
require 'rails'
require 'active_record/railtie'
require 'action_controller/railtie'
require 'action_view/railtie'
require 'action_mailer/railtie'
require 'active_job/railtie'

module Notebook
  class Application < Rails::Application
    config.load_defaults 6.1
    config.eager_load = false
    config.hosts.clear
    config.time_zone = 'Europe/Vienna'
    config.i18n.available_locales = %i[en de]
    config.public_file_server.enabled = true
    config.consider_all_requests_local = false
    config.action_mailer.delivery_method = :test
    config.active_job.queue_adapter = :inline
    config.cache_store = :file_store, '/tmp/cache'
    config.log_level = :warn
    config.logger = ActiveSupport::Logger.new($stdout)
  end
end
