# Prints one JSON line for each entry of an image, as the kernel sees it through an overlay mount of the image's layers.
# usage: read-entries.pl LOWERDIR, in a container that has CAP_SYS_ADMIN and the engine's overlay2 directory.
# Paths on its input, NUL between them, limit it to those; none means all. Independent of every line of Pare.
use strict;
use warnings;
use Digest::SHA ();
use Fcntl qw(:mode);
use File::Find qw(find);
use JSON::PP ();
use POSIX qw(uname);
use Time::HiRes ();

my ($lower) = @ARGV;
my ($lgetxattr, $llistxattr) = (uname())[4] eq 'aarch64' ? (9, 12) : (192, 195);
my $json = JSON::PP->new->ascii->canonical;
my $root = '/mnt';

system('mount', '-t', 'overlay', '-o', "ro,lowerdir=$lower", 'overlay', $root) == 0 or die "cannot mount $lower\n";

sub xattrs {
    my ($path) = @_;
    my $names = "\0" x 65536;
    my $length = syscall($llistxattr, $path, $names, length $names);
    return {} if $length < 0;    # a file system without extended attributes
    my %found;
    for my $name (split /\0/, substr($names, 0, $length)) {
        next if $name =~ /^trusted\.overlay\./;
        my $value = "\0" x 65536;
        my $size = syscall($lgetxattr, $path, "$name", $value, length $value);
        die "cannot read $name of $path\n" if $size < 0;
        $found{$name} = unpack 'H*', substr($value, 0, $size);
    }
    return \%found;
}

sub describe {
    my ($path) = @_;
    my @stat = Time::HiRes::lstat("$root$path") or return;
    my ($mode, $inode, $uid, $gid, $device, $size) = @stat[2, 1, 4, 5, 6, 7];
    my %entry = (
        path => $path, type => S_IFMT($mode), mode => S_IMODE($mode), uid => $uid, gid => $gid,
        mtime => sprintf('%.6f', $stat[9]), xattrs => xattrs("$root$path"),
    );
    if (S_ISREG($mode)) {
        $entry{inode} = "$inode" if $stat[3] > 1;
        $entry{size} = $size;
        $entry{digest} = Digest::SHA->new(256)->addfile("$root$path", 'b')->hexdigest;
    }
    $entry{target} = readlink "$root$path" if S_ISLNK($mode);
    $entry{device} = $device if S_ISCHR($mode) || S_ISBLK($mode);
    print $json->encode(\%entry), "\n";
}

my @wanted = do { local $/; split /\0/, <STDIN> // '' };
if (@wanted) {
    describe($_) for @wanted;
} else {
    find({ no_chdir => 1, wanted => sub { describe(substr($_, length $root) || '/') } }, $root);
}
