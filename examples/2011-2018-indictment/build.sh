#!/bin/sh
# Builds the graph of the indictment that was announced on 19 July 2021, about activity from 2011 to 2018, out of verbs.
#
#   entente init NODE && sh build.sh NODE
#
# It can be run again: what is there stays as it is. README.md says where each claim is from and what the grades mean.
set -eu
node=${1:?the folder of a node, which entente init makes}

actor() { entente actor "$@" --node "$node" --tlp clear >/dev/null; } # all of it was published
add() { actor add "$@" --claimed 2021-07-19; }

# Who claims, and how it is graded here: A2 where the text itself was read, B3 where it was reported.
doj='US Department of Justice'
doj() { actor link "$@" --claimant "$doj" --claimed 2021-07-19 --grade B3 --source 'Press release on the indictment, as copied elsewhere'; }
advisory='FBI and CISA'
aa() { actor link "$@" --claimant "$advisory" --claimed 2021-07-19 --grade A2 --source 'AA21-200A'; }
says() { # CLAIMANT SOURCE GRADE, then an edge
	who=$1 source=$2 grade=$3
	shift 3
	actor link "$@" --claimant "$who" --claimed 2021-07-19 --grade "$grade" --source "$source"
}

# Organisations, roles, the actor. No person is named: the roles are what the case is about.
add organisation 'Ministry of State Security'
add organisation 'Hainan State Security Department' --description 'Provincial arm of the ministry'
add front-company 'Front company in Haikou' --description 'Since disbanded'
add organisation 'Universities in Hainan and elsewhere'
add role 'Officer of the department, 1'
add role 'Officer of the department, 2'
add role 'Officer of the department, 3'
add role 'Hacker and supervisor' --description 'Employed at the front company'
add role 'Hackers and linguists'
add intrusion-set APT40

doj 'Hainan State Security Department' part-of 'Ministry of State Security'
for n in 1 2 3; do
	doj "Officer of the department, $n" works-for 'Hainan State Security Department' --held 2011..2018
	doj "Officer of the department, $n" directs 'Hackers and linguists' --held 2011..2018 --description 'through front companies'
done
doj 'Front company in Haikou' fronts-for 'Hainan State Security Department' --held 2011..2018
doj 'Hackers and linguists' works-for 'Front company in Haikou' --held 2011..2018
doj 'Hacker and supervisor' works-for 'Front company in Haikou' --held 2011..2018
doj 'Hacker and supervisor' directs 'Hackers and linguists' --held 2011..2018
doj 'Universities in Hainan and elsewhere' assists 'Front company in Haikou' --held 2011..2018 --description 'recruiting and managing'

# Who says what of the actor: each in its own words, on its own scale. None of them is made to agree with another.
aa APT40 attributed-to 'Hainan State Security Department' --description 'the indicted actors'
says 'United Kingdom' 'Statement of the Foreign Secretary' A2 APT40 attributed-to 'Ministry of State Security' --description 'the ministry is behind APT40'
says 'Canada' 'Statement of three ministers' A2 APT40 attributed-to 'Hainan State Security Department' --description 'almost certainly made of elements of the regional office'
says 'New Zealand' 'Ministerial statement' B3 APT40 attributed-to 'Ministry of State Security' --description 'linked to the ministry'
add organisation 'Government of China'
says 'Japan' 'Statement of the press secretary' A2 APT40 attributed-to 'Government of China' --description 'highly likely behind it'
add location China --country CN
says 'European Union' 'Declaration of the High Representative' A2 APT40 located-at China --description 'linked, from the territory; no organ is named'

# Names are claims, too.
alias_of() { actor alias APT40 "$1" --claimant "$2" --claimed "$3" --grade "$4" --source "$5"; }
alias_of Leviathan 'The MITRE Corporation' 2025 A2 'ATT&CK G0065'
alias_of 'Gingham Typhoon' 'The MITRE Corporation' 2025 A2 'ATT&CK G0065'

# By which means.
add technique 'Spearphishing with look-alike domains and fake profiles'
add technique 'Internal phishing from hijacked accounts'
add technique 'Data hidden in files on a code-sharing site'
add infrastructure 'Anonymiser services and Tor'
add infrastructure 'File-sharing accounts used by API keys'
add malware 'Custom malware'
for means in 'Spearphishing with look-alike domains and fake profiles' 'Internal phishing from hijacked accounts' 'Data hidden in files on a code-sharing site' \
	'Anonymiser services and Tor' 'File-sharing accounts used by API keys'; do
	doj APT40 uses "$means" --held 2011..2018
done
doj 'Custom malware' authored-by 'Hacker and supervisor' --held 2011..2018
doj APT40 uses 'Custom malware' --held 2011..2018
# The same activity, two spans: indicators of the advisory are older than what the indictment charges.
add infrastructure 'Domains and files of the appendix of AA21-200A'
aa APT40 uses 'Domains and files of the appendix of AA21-200A' --held 2009..2018

# Against whom.
for country in US:'United States' AT:Austria KH:Cambodia CA:Canada DE:Germany ID:Indonesia MY:Malaysia NO:Norway SA:'Saudi Arabia' \
	ZA:'South Africa' CH:Switzerland GB:'United Kingdom'; do
	add location "Victims in ${country#*:}" --country "${country%%:*}"
	doj APT40 targets "Victims in ${country#*:}" --held 2011..2018
done
for sector in Aviation Defence Education Government 'Health care' Biopharmaceutical Maritime; do
	add sector "$sector"
	doj APT40 targets "$sector" --held 2011..2018
done

# What was done about it. Whether the indictment was unsealed on 16 or on 19 July, the sources do not agree.
add response 'Indictment, returned under seal' --response indictment --date 2021-05
add response 'Indictment unsealed' --response indictment --date 2021-07-16
add response 'Advisory AA21-200A' --response advisory --date 2021-07-19
add response 'Statements of 19 July 2021' --response statement --date 2021-07-19
doj 'Indictment, returned under seal' issued-by "$doj"
doj 'Indictment unsealed' issued-by "$doj" --held 2021-07-16 --description 'the release says Friday'
aa 'Indictment unsealed' issued-by "$doj" --held 2021-07-19 --description 'the advisory says 19 July'
for n in 1 2 3; do
	doj 'Indictment unsealed' names "Officer of the department, $n"
done
doj 'Indictment unsealed' names 'Hacker and supervisor'
doj 'Indictment unsealed' follows 'Indictment, returned under seal'
aa 'Advisory AA21-200A' issued-by "$advisory"
aa 'Advisory AA21-200A' responds-to APT40
for who in 'United Kingdom' 'Canada' 'New Zealand' 'Japan' 'European Union'; do
	says "$who" 'Its statement of the day' B3 'Statements of 19 July 2021' issued-by "$who"
done
says 'United Kingdom' 'Its statement of the day' B3 'Statements of 19 July 2021' responds-to APT40

# A denial is recorded like an accusation. Of which day it is, the source does not say.
actor link APT40 attributed-to 'Ministry of State Security' --deny --claimant "China's missions" --claimed 2021-07 --grade B3 \
	--source 'Reported by the press' --description 'groundless, without evidence'
