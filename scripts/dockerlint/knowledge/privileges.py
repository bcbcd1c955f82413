"""Who may begin as root: programs and images that drop its rights themselves; and the accounts that are always there.

After the entrypoints of the official images, the manual pages of the daemons, and /etc/passwd of Debian and Alpine. In doubt a name
is in the list: a rule that stays silent costs less than one that is wrong.
"""

from __future__ import annotations

DROPPERS = frozenset("gosu su-exec setpriv runuser su s6-setuidgid chpst setuidgid fixuid capsh".split())
"""Programs that run another as somebody else."""

DROPPER_PACKAGES = frozenset("su-exec s6 supervisor runit fixuid openssh-server openssh".split())
"""Packages whose only use is such a program, or a daemon that changes the user itself."""

DROPPER_MARKS = (
    "gosu", "su-exec", "setpriv", "runuser", "s6-", "chpst", "setuidgid", "exec su ", "su - ", "su -s", "su -c", "sudo -u",
    "sudo -E -u", "usermod", "supervisord", "--user=", "fixuid", "exec cron", "crond", "exec nginx", "nginx -g", "apache2-foreground",
    "php-fpm", "exec httpd", "/usr/sbin/sshd", "systemd",
)  # fmt: skip
"""What a script has in it that changes the user, or starts a daemon that does."""

START_AS_ROOT = frozenset(
    "nginx httpd apache2 apache2ctl apachectl apache2-foreground httpd-foreground php-fpm php-fpm8 sshd cron crond supervisord"
    " s6-svscan s6-overlay init systemd runsvdir runit haproxy postfix dovecot named dockerd containerd dockerd-entrypoint.sh"
    " rsyslogd vsftpd smbd nmbd openvpn wg-quick dnsmasq chronyd slapd freeradius mysqld"
    " mysqld_safe mariadbd postgres memcached openresty frankenphp unitd tailscaled keepalived"
    " squid exim proftpd pure-ftpd in.tftpd tftpd nfsd rpcbind avahi-daemon dbus-daemon libvirtd kubelet k3s".split()
)
"""Daemons that begin as root on purpose and run their workers as somebody else, and init systems."""

SERVICES = frozenset(
    "nginx openresty/openresty httpd postgres mysql mariadb redis valkey/valkey mongo rabbitmq memcached haproxy elasticsearch kibana"
    " logstash ghost cassandra influxdb wordpress drupal nextcloud joomla matomo mediawiki phpmyadmin postgis/postgis"
    " timescale/timescaledb pgvector/pgvector percona couchdb neo4j couchbase solr zookeeper kong sonarqube rocket.chat redmine xwiki"
    " eclipse-mosquitto telegraf chronograf kapacitor varnish unit docker phusion/baseimage phusion/passenger-full"
    " lscr.io/linuxserver/baseimage-alpine".split()
)
"""Images of services that begin as root and drop its rights themselves, or whose workers run as somebody else."""

SHELLS = frozenset("sh bash ash dash zsh".split())
"""Shells."""

INTERPRETERS = frozenset(
    "python python2 python3 pypy pypy3 node irb jshell ghci iex erl php julia R perl6 raku rakudo swipl gradle mvn composer dart"
    " swift clojure".split()
)
"""What the images of tools and languages start when nobody says what to run."""

FOR_DEVELOPMENT = frozenset(
    "dev develop development devcontainer debug test tests testing ci lint linter docs e2e toolchain tools sdk cross bench fuzz"
    " playwright".split()
)
"""Parts of the names that people give to Dockerfiles and stages which are not for production."""

SYSTEM_USERS = frozenset(
    "root nobody daemon bin sys sync games man lp mail news uucp proxy www-data backup list irc _apt operator halt shutdown ftp sshd"
    " postmaster cron at squid xfs cyrus vpopmail ntp smmsp guest adm svn utmp dialout".split()
)
"""Accounts of Debian, Ubuntu or Alpine themselves."""

SYSTEM_UIDS: dict[str, dict[str, str]] = {
    "debian": {"daemon": "1", "mail": "8", "news": "9", "proxy": "13", "www-data": "33", "nobody": "65534"},
    "ubuntu": {"daemon": "1", "mail": "8", "news": "9", "proxy": "13", "www-data": "33", "nobody": "65534"},
    "alpine": {"nobody": "65534"},
}
"""The numbers of theirs whose group has the same one (base-passwd's passwd.master; alpine-baselayout's passwd)."""
