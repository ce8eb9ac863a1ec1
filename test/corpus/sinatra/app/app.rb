$LOAD_PATH.unshift File.expand_path('lib', __dir__)
require 'sinatra/base'
require 'sinatra/json'
require 'sinatra/namespace'

module Notes
  autoload :Store, File.expand_path('lib/notes/store', __dir__)
  autoload :Report, File.expand_path('lib/notes/report', __dir__)

  class App < Sinatra::Base
    register Sinatra::Namespace
    helpers { def shout(text) = text.upcase }
    set :root, __dir__
    set :show_exceptions, false
    set :raise_errors, false
    set :session_secret, 'secret' * 16
    enable :sessions

    get('/health') { json ok: true }

    namespace '/notes' do
      get('') { erb :notes, layout: :layout, locals: { notes: Store.all } }
      get('/haml') { haml :note, locals: { note: Store.all.first } }
      get('/builder.xml') { builder { |xml| xml.notes { Store.all.each { |note| xml.note note } } } }
      get('/export/:format') do |format|
        require "notes/exporters/#{format}"
        Notes::Exporters.const_get(format.capitalize).export(Store.all)
      rescue LoadError
        halt 404, 'no such format'
      end
      post '' do
        require 'json'
        note = JSON.parse(request.body.read)
        halt 422, 'a note needs text' unless note['text']
        status 201
        json note
      rescue JSON::ParserError => e
        halt 400, e.class.name
      end
    end

    get('/visits') { (session[:visits] = session.fetch(:visits, 0) + 1).to_s }

    get '/hello/:language' do |language|
      require 'i18n'
      I18n.load_path |= Dir[File.join(__dir__, 'locales', '*.yml')]
      I18n.available_locales = %i[en de fr]
      I18n.t('hello', locale: language.to_sym, count: 2)
    end

    get '/zone/*' do |name|
      require 'tzinfo'
      TZInfo::Timezone.get(name).utc_to_local(Time.utc(2024, 7, 1, 12)).strftime('%H:%M')
    end

    get('/encode/:name') { |name| '日本'.encode(name).bytes.map { _1.to_s(16) }.join }
    get('/report') { Report.text }

    get '/digest' do
      require 'digest'
      require 'openssl'
      json sha: Digest::SHA256.hexdigest('x')[0, 8], hmac: OpenSSL::HMAC.hexdigest('SHA512', 'k', 'x')[0, 8],
           key: OpenSSL::PKey::EC.generate('prime256v1').public_key.on_curve?
    end

    get '/numbers' do
      require 'bigdecimal/util'
      require 'matrix'
      require 'prime'
      require 'set'
      json sum: ('0.1'.to_d + '0.2'.to_d).to_s('F'), det: Matrix[[1, 2], [3, 4]].det, primes: Prime.first(3), set: Set[1, 1].size
    end

    get '/times' do
      require 'date'
      require 'time'
      json next: (Date.new(2024, 2, 28) + 2).iso8601, parsed: Time.parse('3 May 2024 7pm UTC').iso8601
    end

    get '/packed' do
      require 'zlib'
      require 'stringio'
      Zlib::Inflate.inflate(Zlib::Deflate.deflate('packed'))
    end

    get '/yaml' do
      require 'psych'
      Psych.safe_load("a: [1, 2]\nb: ja", symbolize_names: true).to_s
    end

    get '/csv' do
      require 'csv'
      CSV.parse("a;b\n1;ö\n", col_sep: ';', headers: true).map(&:to_h).to_s
    end

    get '/child' do
      require 'open3'
      out, status = Open3.capture2('sort', stdin_data: "b\na\n")
      "#{out.split.join},#{status.success?},#{`date -u -d @0 +%Y`.strip}"
    end

    get '/net' do
      require 'net/http'
      require 'resolv'
      Net::HTTP.get(URI("http://127.0.0.1:#{request.port == 80 ? 4567 : ENV.fetch('PORT', 4567)}/health"))
    end

    get '/tls' do
      require 'openssl'
      store = OpenSSL::X509::Store.new
      store.set_default_paths
      File.read(OpenSSL::X509::DEFAULT_CERT_FILE.then { File.exist?(_1) ? _1 : '/etc/ssl/certs/ca-certificates.crt' }).scan('BEGIN CERTIFICATE').size > 100 ? 'many' : 'few'
    end

    get('/unicode') { "\u0065\u0301".unicode_normalize(:nfc).length.to_s }
    get('/pattern') { 'Ωmega'.scan(/\p{Greek}/).join }

    get '/template' do
      require 'erb'
      require 'securerandom'
      require 'tempfile'
      Tempfile.create('note') { |file| ERB.new('<%= 1 + 1 %>').result + (File.exist?(file) ? '' : '!') }
    end

    get('/fail') { raise 'broken on purpose' }
    not_found { erb :missing }
    error { "sorry: #{env['sinatra.error'].message}" }
  end
end
