# frozen_string_literal: true

require 'sinatra/base'

# A notice board of sinatra: what a slimming tool has to keep although no probe asks for it.
module Board
  ROOT = File.expand_path('..', __dir__)
  autoload :Texts, File.join(ROOT, 'lib/board/texts')
  autoload :Secrets, File.join(ROOT, 'lib/board/secrets')
  autoload :Machine, File.join(ROOT, 'lib/board/machine')

  class App < Sinatra::Base
    set :root, ROOT
    set :public_folder, File.join(ROOT, 'public')
    set :show_exceptions, false
    set :raise_errors, false
    set :protection, except: :host_authorization

    helpers do
      def json(value)
        require 'json'
        content_type :json
        JSON.generate(value)
      end
    end

    get('/health') { 'up' }
    get('/') { erb :index, locals: { items: %w[bread milk] } }
    get('/notice/:name') { haml :notice, locals: { name: params[:name] } }
    get('/redirect') { redirect '/health', 303 }

    get '/format/:kind' do
      kind = params[:kind]
      halt 404, 'no such format' unless kind.match?(/\A[a-z]+\z/)
      begin
        require "board/formats/#{kind}"
      rescue LoadError
        halt 404, 'no such format'
      end
      content_type :text
      Board::Formats.const_get(kind.capitalize).render([{ 'item' => 'bread', 'price' => 3 }])
    end

    get '/streamed' do
      require 'sinatra/streaming'
      stream { |out| 3.times { |n| out << "#{n}\n" } }
    end

    post '/echo' do
      require 'json'
      begin
        json JSON.parse(request.body.read)
      rescue JSON::ParserError => e
        halt 400, json(error: e.class.name)
      end
    end

    post '/upload' do
      require 'digest'
      upload = params.fetch(:file)
      json name: upload[:filename], sha256: Digest::SHA256.file(upload[:tempfile].path).hexdigest[0, 8]
    end

    get('/texts/:what') { json Texts.public_send(params[:what], params) }
    get('/secrets/:what') { json Secrets.public_send(params[:what], params) }
    get('/machine/:what') { json Machine.public_send(params[:what], params) }

    not_found { response.body.empty? || response.body == ['<h1>Not Found</h1>'] ? erb(:missing) : response.body }
    error { |e| json(error: e.class.name, message: e.message) }
  end
end

$LOAD_PATH.unshift File.join(Board::ROOT, 'lib')
