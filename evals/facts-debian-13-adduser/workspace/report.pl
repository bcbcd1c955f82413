#!/usr/bin/perl
# Writes a line of figures every two seconds.
use strict;
use warnings;

$| = 1;
my $going = 1;
$SIG{TERM} = sub { $going = 0 };
my $count = 0;
while ($going) {
    printf "report %d as user %d\n", ++$count, $>;
    sleep 2;
}
