# Prints a letter as a page, wrapped.
use strict;
use warnings;
use utf8;
use open qw(:std :encoding(UTF-8));
use Encode qw(encode decode);
use Text::Wrap qw(wrap);
use POSIX qw(strftime);
use List::Util qw(sum0);

$Text::Wrap::columns = 40;
open(my $letter, '<:encoding(UTF-8)', $ARGV[0]) or die "$ARGV[0]: $!\n";
my @lines = map { chomp; $_ } <$letter>;
print strftime('%Y-%m-%d', gmtime(0)), "\n";
print wrap('  ', '  ', join ' ', @lines), "\n";
print 'letters: ', sum0(map { scalar(() = /\p{L}/g) } @lines), "\n";
print 'latin-1: ', length(encode('ISO-8859-1', 'é')), "\n";
