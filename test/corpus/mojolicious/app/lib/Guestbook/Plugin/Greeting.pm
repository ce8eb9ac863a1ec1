package Guestbook::Plugin::Greeting;
use Mojo::Base 'Mojolicious::Plugin', -signatures;

sub register ($self, $app, $conf) {
  $app->helper(greeting => sub ($c, $language) {
    my $file = $app->home->child('messages', "$language.pl");
    my $messages = do "$file" or return 'no greeting';
    return $messages->{hello};
  });
}

1;
