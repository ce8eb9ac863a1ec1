module NotesHelper
  def badge(note) = tag.span(note.title, class: 'badge')
end
