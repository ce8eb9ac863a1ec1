class ToolsController < ApplicationController
  def zone
    render plain: Time.utc(2024, 7, 1, 12).in_time_zone(params[:name]).strftime('%H:%M %Z')
  end

  def number
    render plain: [helpers.number_to_currency(1234.5, locale: :en), helpers.number_to_human_size(123_456), helpers.distance_of_time_in_words(0, 3700), 'leaf'.pluralize, 'Ægir Ö'.parameterize].join(' | ')
  end

  def cache
    render plain: Rails.cache.fetch('key') { 41 + 1 }.to_s
  end

  def secret
    verifier = ActiveSupport::MessageEncryptor.new('k' * 32)
    render plain: verifier.decrypt_and_verify(verifier.encrypt_and_sign('hidden'))
  end

  def count
    session[:count] = session.fetch(:count, 0) + 1
    render plain: session[:count].to_s
  end

  def upload
    render plain: "#{params[:file].original_filename} #{params[:file].size}"
  end

  def job
    CountJob.perform_later(2)
    render plain: CountJob.last.to_s
  end

  def fail
    raise 'broken on purpose'
  end

  def sanitize
    render plain: helpers.sanitize('<b>x</b><script>y</script>')
  end

  def statistics
    render json: { years: Note.group("strftime('%Y', created_at)").count.keys.size, transaction: Note.transaction { Note.count.positive? }, connection: Note.connection.adapter_name }
  end

  def duration
    render plain: ActiveSupport::Duration.parse('P1DT2H').inspect
  end
end
