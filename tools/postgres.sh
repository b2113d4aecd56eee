#!/bin/sh
# A throw-away PostgreSQL for the tests, on a socket in a folder, with durability as in production.
#
#   tools/postgres.sh start DIR   makes it where there is none, starts it, prints its URL
#   tools/postgres.sh stop DIR    stops it
#   tools/postgres.sh kill DIR    ends it as a power cut would
#
# PostgreSQL refuses to run as root: it runs as POSTGRES_USER then, postgres or nobody where that is not set.
set -eu

verb=${1:?start, stop or kill}
dir=${2:?a folder}
PATH=$PATH:$(ls -d /usr/lib/postgresql/*/bin 2>/dev/null | tail -n 1)
command -v initdb >/dev/null || { echo "postgres.sh: no initdb: install PostgreSQL" >&2; exit 3; }

if [ "$(id -u)" = 0 ]; then
	user=${POSTGRES_USER:-$(id -un postgres 2>/dev/null || echo nobody)}
	as() { setpriv --reuid="$user" --regid="$(id -g "$user")" --clear-groups env HOME="$dir" "$@"; }
else
	user=$(id -un)
	as() { "$@"; }
fi

case $verb in
start)
	if [ ! -f "$dir/data/PG_VERSION" ]; then
		mkdir -p "$dir"
		dir=$(cd "$dir" && pwd)
		[ "$(id -u)" = 0 ] && chown "$user" "$dir"
		as initdb --pgdata="$dir/data" --username=entente --auth=trust --encoding=UTF8 --locale=C >"$dir/initdb.log" 2>&1 ||
			{ cat "$dir/initdb.log" >&2; exit 1; }
	fi
	dir=$(cd "$dir" && pwd)
	as pg_ctl --pgdata="$dir/data" --log="$dir/data/log" --wait --timeout=60 \
		--options="-k '$dir' -c listen_addresses= -c shared_buffers=64MB" start >/dev/null
	echo "postgres:///postgres?host=$dir&user=entente"
	;;
stop) cd "$dir" && as pg_ctl --pgdata="$(pwd)/data" --mode=fast --wait stop >/dev/null ;;
kill) cd "$dir" && as pg_ctl --pgdata="$(pwd)/data" --mode=immediate --wait stop >/dev/null ;;
*) echo "postgres.sh: start, stop or kill" >&2; exit 2 ;;
esac
