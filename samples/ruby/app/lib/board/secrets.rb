# frozen_string_literal: true

module Board
  # TLS, digests and certificates.
  module Secrets
    module_function

    def digest(params)
      require 'digest'
      { value: Digest.const_get(params['name'].upcase).hexdigest('pare')[0, 16] }
    end

    def openssl(_params)
      require 'openssl'
      { hmac: OpenSSL::HMAC.hexdigest('SHA512', 'k', 'm')[0, 8], pbkdf: OpenSSL::KDF.pbkdf2_hmac('p', salt: 's', iterations: 10, length: 8, hash: 'sha256').unpack1('H*') }
    end

    def authorities(_params)
      require 'openssl'
      store = OpenSSL::X509::Store.new
      store.set_default_paths
      first = File.read('/etc/ssl/certs/ca-certificates.crt')[/-----BEGIN.*?END CERTIFICATE-----/m]
      { trusted: store.verify(OpenSSL::X509::Certificate.new(first)) }
    end

    # A TLS server with a certificate made now, and a client that trusts it only.
    def tls(_params)
      require 'openssl'
      require 'socket'
      key = OpenSSL::PKey::RSA.new(2048)
      certificate = self_signed(key)
      server_context = OpenSSL::SSL::SSLContext.new.tap { |context| context.add_certificate(certificate, key) }
      listener = TCPServer.new('127.0.0.1', 0)
      server = Thread.new { OpenSSL::SSL::SSLServer.new(listener, server_context).accept.tap { |socket| socket.puts('sealed') }.close }
      { body: read_from(listener.addr[1], certificate) }.tap { server.join }
    ensure
      listener&.close
    end

    def read_from(port, certificate)
      context = OpenSSL::SSL::SSLContext.new
      context.verify_mode = OpenSSL::SSL::VERIFY_PEER
      context.cert_store = OpenSSL::X509::Store.new.tap { |store| store.add_cert(certificate) }
      socket = OpenSSL::SSL::SSLSocket.new(TCPSocket.new('127.0.0.1', port), context)
      socket.connect
      socket.gets.strip
    ensure
      socket&.close
    end

    def self_signed(key)
      OpenSSL::X509::Certificate.new.tap do |certificate|
        certificate.version = 2
        certificate.serial = 1
        certificate.subject = certificate.issuer = OpenSSL::X509::Name.parse('/CN=localhost')
        certificate.public_key = key.public_key
        certificate.not_before = Time.now - 60
        certificate.not_after = Time.now + 3600
        certificate.sign(key, OpenSSL::Digest.new('SHA256'))
      end
    end

    def random(_params)
      require 'securerandom'
      { uuid: SecureRandom.uuid.length, hex: SecureRandom.hex(4).length }
    end
  end
end
