package Guestbook::Command::sign;
use Mojo::Base 'Mojolicious::Command', -signatures;

has description => 'Sign the guest book';
has usage       => "Usage: sign NAME\n";

sub run ($self, @names) { print "signed by @names\n" }

1;
