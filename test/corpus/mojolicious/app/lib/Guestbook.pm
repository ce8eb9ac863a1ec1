package Guestbook;
use Mojo::Base 'Mojolicious', -signatures;

sub startup ($self) {
  $self->mode('production');
  $self->secrets(['secret']);
  push @{$self->plugins->namespaces}, 'Guestbook::Plugin';
  push @{$self->commands->namespaces}, 'Guestbook::Command';
  $self->plugin('Greeting');
  $self->plugin('Config', {default => {region => 'north'}, file => 'guestbook.conf'});
  my $r = $self->routes;
  $r->get('/health')->to(cb => sub ($c) { $c->render(json => {ok => \1}) });
  $r->get('/entries')->to('entries#index');
  $r->post('/entries')->to('entries#create');
  $r->get("/tools/$_")->to("tools#$_")
    for qw(greet region encode digest dates numbers unicode child file yaml fetch markup host visits fail);
  $r->websocket('/echo')->to('tools#echo');
}

1;
