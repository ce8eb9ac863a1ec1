# frozen_string_literal: true

require_relative 'lib/board'
run Board::App
