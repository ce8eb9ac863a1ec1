class NoteMailer < ActionMailer::Base
  default from: 'a@b.cd'

  def note(note)
    @note = note
    mail(to: 'e@f.gh', subject: 'Grüße')
  end
end
