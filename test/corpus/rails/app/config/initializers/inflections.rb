ActiveSupport::Inflector.inflections(:en) { |inflect| inflect.irregular 'leaf', 'leaves' }
