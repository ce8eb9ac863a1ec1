package Guestbook::Controller::Tools;
use Mojo::Base 'Mojolicious::Controller', -signatures;

sub greet ($self) { $self->render(text => $self->greeting($self->param('language'))) }

sub region ($self) { $self->render(text => $self->config->{region}) }

sub encode ($self) {
  require Encode;
  my $text = "\x{65e5}\x{672c}";
  $self->render(text => unpack 'H*', Encode::encode($self->param('name'), $text));
}

sub digest ($self) {
  require Digest::SHA;
  require Digest::MD5;
  require MIME::Base64;
  require Storable;
  $self->render(json => {
    sha => substr(Digest::SHA::sha256_hex('x'), 0, 8), md5 => substr(Digest::MD5::md5_hex('x'), 0, 8),
    base64 => MIME::Base64::encode_base64('x', ''), clone => Storable::dclone([1, 2])->[1]
  });
}

sub dates ($self) {
  require Time::Piece;
  require POSIX;
  require Time::Local;
  $self->render(json => {day => Time::Piece->strptime('2024-02-29', '%Y-%m-%d')->strftime('%j'), time => POSIX::strftime('%Y', gmtime 0), epoch => Time::Local::timegm(0, 0, 0, 1, 0, 100)});
}

sub numbers ($self) {
  require Math::BigInt;
  require List::Util;
  require Scalar::Util;
  $self->render(json => {big => '' . Math::BigInt->new(2)->bpow(70), sum => List::Util::sum(1, 2), number => Scalar::Util::looks_like_number('1e3') ? 1 : 0});
}

sub unicode ($self) {
  require Unicode::Normalize;
  require charnames;
  my $text = Unicode::Normalize::NFC("e\x{301}");
  $self->render(json => {length => length $text, name => charnames::viacode(ord $text), greek => "\x{3a9}" =~ /\p{Script=Greek}/ ? 1 : 0, lower => lc "\x{130}A"});
}

sub child ($self) {
  require IPC::Open3;
  my $pid = IPC::Open3::open3(my $in, my $out, undef, 'sort', '-r');
  print {$in} "a\nb\n";
  close $in;
  my $text = join '', <$out>;
  waitpid $pid, 0;
  $self->render(text => $text . `printf %s done | tr a-z A-Z`);
}

sub file ($self) {
  require File::Temp;
  require File::Find;
  require IO::Compress::Gzip;
  require IO::Uncompress::Gunzip;
  my ($packed, $plain);
  IO::Compress::Gzip::gzip(\'packed', \$packed);
  IO::Uncompress::Gunzip::gunzip(\$packed, \$plain);
  my @found;
  File::Find::find(sub { push @found, $_ if /\.ep$/ }, $self->app->home->child('templates')->to_string);
  $self->render(json => {plain => $plain, temp => -e File::Temp->new->filename ? 1 : 0, found => scalar @found});
}

sub yaml ($self) {
  require YAML;
  require Data::Dumper;
  require Text::Wrap;
  local $Data::Dumper::Terse = 1;
  $self->render(json => {yaml => YAML::Load("a: [1, 2]\n")->{a}[1], dumped => Data::Dumper::Dumper([1]) =~ s/\s//gr, wrapped => scalar split /\n/, Text::Wrap::wrap('', '', 'word ' x 40)});
}

sub fetch ($self) {
  my $port = $self->tx->local_port;
  $self->render_later;
  $self->ua->get_p("http://127.0.0.1:$port/entries")->then(sub ($tx) {
    $self->render(text => $tx->res->dom->at('li')->text);
  })->catch(sub ($error) { $self->reply->exception($error) });
}

sub markup ($self) {
  require Mojo::DOM;
  $self->render(text => Mojo::DOM->new('<ul><li>a<li>b</ul>')->find('li')->map('text')->join(','));
}

sub host ($self) {
  require Socket;
  my ($error, @found) = Socket::getaddrinfo('localhost', 'http', {family => Socket::AF_INET(), socktype => Socket::SOCK_STREAM()});
  $self->render(text => $error || (Socket::unpack_sockaddr_in($found[0]{addr}))[0]);
}

sub visits ($self) { $self->render(text => ++$self->session->{visits}) }

sub fail ($self) { die "broken on purpose\n" }

sub echo ($self) {
  $self->on(message => sub ($c, $text) { $c->send("echo $text") });
}

1;
