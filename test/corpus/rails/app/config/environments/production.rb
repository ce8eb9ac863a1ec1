Rails.application.configure do
  config.cache_classes = true
end
