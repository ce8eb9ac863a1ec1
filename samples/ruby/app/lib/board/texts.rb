# frozen_string_literal: true

module Board
  # Charsets, languages, times and templates.
  module Texts
    SAMPLES = { 'GBK' => [0xc4, 0xe3, 0xba, 0xc3], 'Shift_JIS' => [0x93, 0xfa, 0x96, 0x7b], 'EUC-JP' => [0xc6, 0xfc, 0xcb, 0xdc],
                'Windows-1252' => [0x80], 'ISO-2022-JP' => [0x1b, 0x24, 0x42, 0x46, 0x7c, 0x1b, 0x28, 0x42] }.freeze

    module_function

    def decode(params)
      charset = params['charset']
      { text: SAMPLES.fetch(charset).pack('C*').force_encoding(charset).encode('UTF-8') }
    end

    def message(params)
      require 'i18n'
      I18n.load_path |= Dir[File.join(ROOT, 'locales', '*.yml')]
      { text: I18n.t('greeting', locale: params['locale'].to_sym, name: 'Ada'),
        date: I18n.l(Time.utc(2024, 3, 31), format: '%A %d %B', locale: params['locale'].to_sym) }
    end

    def zone(params)
      require 'tzinfo'
      local = TZInfo::Timezone.get(params['name']).utc_to_local(Time.utc(2024, 3, 31, 12, 30))
      { text: local.strftime('%H:%M %Z') }
    end

    def times(_params)
      require 'time'
      require 'date'
      { iso: Time.at(0).utc.iso8601, parsed: Time.parse('2024-02-29 10:00 UTC').yday, week: Date.new(2024, 12, 30).cweek }
    end

    def normal(_params)
      require 'erb'
      require 'cgi'
      { nfc: "e\u0301".unicode_normalize(:nfc).length, escaped: CGI.escapeHTML('<a>'), template: ERB.new('<%= 6 * 7 %>').result }
    end

    def decimals(_params)
      require 'bigdecimal/util'
      require 'prime'
      require 'matrix'
      { decimal: '0.1'.to_d.*(3).to_s('F'), primes: Prime.first(4), determinant: Matrix[[1, 2], [3, 4]].determinant }
    end

    def locale_of_system(_params)
      { date: IO.popen({ 'LC_ALL' => 'de_DE.UTF-8' }, ['date', '-u', '-d', '@0', '+%A'], &:read).strip }
    end
  end
end
