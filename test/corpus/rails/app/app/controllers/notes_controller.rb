class NotesController < ApplicationController
  def index
    @notes = params[:q] ? Note.matching(params[:q]) : Note.order(:id)
    respond_to do |format|
      format.html
      format.json { render json: @notes.as_json(only: %i[id title]) }
      format.xml { render xml: @notes.to_a.map(&:title).to_xml(root: 'notes') }
      format.csv { send_data Notes::Csv.new(@notes).to_s, filename: 'notes.csv' }
    end
  end

  def show
    @note = Note.find(params[:id])
    fresh_when(@note) unless params[:fresh]
  end

  def feed
    render template: 'notes/feed', formats: :atom
  end

  def create
    note = Note.new(params.require(:note).permit(:title))
    note.save ? render(json: note, status: 201) : render(json: note.errors.full_messages, status: 422)
  end

  def send_by_mail
    NoteMailer.note(Note.find(params[:id])).deliver_later
    render plain: ActionMailer::Base.deliveries.last.body.to_s
  end
end
