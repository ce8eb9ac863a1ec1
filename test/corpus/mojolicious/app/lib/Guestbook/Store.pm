package Guestbook::Store;
use Mojo::Base -base, -signatures;
use DBI;

has db => sub { DBI->connect('dbi:SQLite:dbname=:memory:', '', '', {RaiseError => 1}) };

sub add ($self, $name) {
  $self->db->do('create table entries (id integer primary key, name text)');
  $self->db->do('insert into entries (name) values (?)', undef, $name);
  return 0 + $self->db->selectrow_array('select max(id) from entries');
}

1;
