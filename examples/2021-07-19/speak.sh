#!/bin/sh
# Eight members speak on the draft that case.sh has made: each takes its own position on it, in its own words and degree, and what
# enough of them adopt is sealed, and released. They hand each other files; nobody needs a node.
#
#   sh speak.sh DRAFT FOLDER        with ENTENTE_PASSPHRASE, which opens all the keys that this makes
#
# Nobody but the members themselves can sign for them, of course: this is an exercise. FOLDER/release is what comes of it.
set -eu
draft=${1:?the folder of a draft, as case.sh makes it}
folder=${2:?a folder to play in}
members='au ca eu jp nato nz uk us'
mkdir -p "$folder"
draft=$(cd "$draft" && pwd)
cd "$folder"

# Keys, and the root that says whose they are.
set --
for m in $members; do
	entente coalition key "$m.key" >"$m.card"
	set -- "$@" --member "$m=$m.card"
done
root=$(entente coalition new 'Allies of 2021' "$@" --adopt 5 --release 3 --root 1 --key us.key --out root-1.json \
	--name au=Australia --name ca=Canada --name eu='European Union' --name jp=Japan --name nato=NATO \
	--name nz='New Zealand' --name uk='United Kingdom' --name us='United States' | sed -n 's/^ *digest //p')
for m in $members; do entente coalition join root-1.json --root "$root" --dir "$m"; done

as() { # MEMBER and what it does, then everybody takes in what it knows
	m=$1
	shift
	entente "$@" --dir "$m" --key "$m.key"
	for other in $members; do
		if [ "$other" != "$m" ]; then entente coalition import "$m" --dir "$other" --key "$other.key" >/dev/null; fi
	done
}

as us statement propose "$draft" --until 1s
id=$(sed -n 's/^statement: //p' "$draft/statement.yml")

as us statement position "$id" assess --covers mss,mss.state --confidence icd-203:high \
	--wording en='Actors affiliated with the ministry did it. The ministry employs criminal contract hackers as well.'
as uk statement position "$id" assess --covers backed --likelihood own-words:confirms \
	--wording en='Groups whom the Chinese state backs did it; the attack was highly likely meant for espionage on a large scale.'
as eu statement position "$id" assess --covers territory --likelihood own-words:assesses \
	--wording en='It was undertaken from the territory of China, which we ask not to let itself be used so.'
as ca statement position "$id" assess --covers mss --confidence own-words:confident \
	--wording en='The ministry is responsible.' --wording fr='Le ministère est responsable.'
as au statement position "$id" assess --covers mss --likelihood own-words:'has determined' \
	--wording en='In consultation with our partners: the ministry exploited the flaws.'
as nz statement position "$id" assess --covers backed --likelihood own-words:'has established links' \
	--wording en='Actors whom the Chinese state sponsors did it, as a robust technical process shows.'
as jp statement position "$id" relay --covers backed,mss \
	--wording en='We strongly support what the United Kingdom and the United States have said.'
as nato statement position "$id" acknowledge --wording en='Allies have made these statements, and we acknowledge them.'

as us statement adopt "$id"
as us statement seal "$id"
for m in us uk ca; do
	as "$m" statement vote "$id" release
	as "$m" statement stage "$id"
done
sleep 2
for m in us uk ca; do
	entente statement release "$id" --dir "$m" -o "release-$m" || true
	for other in us uk ca; do if [ "$other" != "$m" ]; then entente coalition import "$m" --dir "$other" --key "$other.key" >/dev/null; fi; done
done
entente statement release "$id" --dir us -o release
entente statement matrix "$id" --dir us
entente verify release --root "$root" || [ $? = 4 ] # 4: nothing is wrong, and without a log nobody can say when
