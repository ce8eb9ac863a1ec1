require_relative 'app'
require 'rack/deflater'

use Rack::Deflater
run Notes::App
