package Guestbook::Controller::Entries;
use Mojo::Base 'Mojolicious::Controller', -signatures;

sub index ($self) { $self->render(entries => [{name => 'Ada', text => 'good day'}, {name => 'Zoë', text => '<b>'}]) }

sub create ($self) {
  my $v = $self->validation;
  $v->required('name')->size(2, 20);
  $v->optional('mail')->like(qr/\@/);
  return $self->render(json => {failed => $v->failed}, status => 422) if $v->has_error;
  require Guestbook::Store;
  $self->render(json => {id => Guestbook::Store->new->add($v->param('name'))}, status => 201);
}

1;
