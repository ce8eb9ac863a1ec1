namespace :notes do
  task(count: :environment) { puts "#{Note.count.positive?} counted" }
end
