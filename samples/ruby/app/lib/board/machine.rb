# frozen_string_literal: true

module Board
  # Processes, files, archives, gems and clients of itself.
  module Machine
    module_function

    def compressed(_params)
      require 'zlib'
      require 'stringio'
      packed = StringIO.new.tap { |out| Zlib::GzipWriter.wrap(out) { |gz| gz.write('pare ' * 100) } }.string
      { smaller: packed.bytesize < 100, same: Zlib.gunzip(packed) == 'pare ' * 100 }
    end

    def gems(_params)
      spec = Gem::Specification.find_by_name('sinatra')
      { name: spec.name, major: spec.version.segments.first, rack: Gem.loaded_specs.key?('rack') || !Gem::Specification.find_by_name('rack').nil? }
    end

    def shell(_params) = { text: `echo pare | tr a-z A-Z`.strip }

    def script(_params)
      require 'open3'
      out, status = Open3.capture2('sh', File.join(ROOT, 'scripts/longest.sh'), stdin_data: "a\nabc\nab\n")
      { text: out.strip, status: status.exitstatus }
    end

    def child(_params)
      require 'rbconfig'
      { text: IO.popen([RbConfig.ruby, '-rjson', '-e', 'puts JSON.generate([RUBY_ENGINE])'], &:read).strip }
    end

    def itself(params)
      require 'net/http'
      { body: Net::HTTP.get(URI("http://127.0.0.1:#{params.fetch('port', 9000)}/health")) }
    end

    def names(_params)
      require 'etc'
      require 'socket'
      require 'resolv'
      { user: Etc.getpwuid.name, service: Socket.getservbyname('https'), host: Resolv::Hosts.new.getaddress('localhost').length.positive? }
    end

    def files(_params)
      require 'tempfile'
      require 'fileutils'
      require 'pathname'
      Dir.mktmpdir(nil, File.join(ROOT, 'tmp')) do |directory|
        FileUtils.mkdir_p(File.join(directory, 'a/b'))
        { found: Pathname.new(directory).glob('**/*').map { |path| path.basename.to_s }.sort }
      end
    end

    def log(_params)
      require 'logger'
      require 'stringio'
      { line: StringIO.new.tap { |out| Logger.new(out, progname: 'board').warn('late') }.string.include?('WARN -- board: late') }
    end

    def store(_params)
      require 'pstore'
      require 'set'
      require 'ostruct'
      store = PStore.new(File.join(ROOT, 'tmp/board.pstore'))
      store.transaction { store[:a] = [1, 2] }
      { kept: store.transaction(true) { store[:a] }, struct: OpenStruct.new(a: 1).a, set: Set.new([1, 1]).size }
    end

    def templates(_params)
      require 'optparse'
      require 'English'
      require 'tsort'
      options = {}
      OptionParser.new { |parser| parser.on('-n', '--number N', Integer) { |n| options[:n] = n } }.parse(%w[--number 7])
      options
    end
  end
end
