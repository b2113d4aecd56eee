#!/bin/sh
# Builds the case of 2021 out of verbs: who broke into the Exchange servers, and for whom? It ends in the draft of a statement.
#
#   entente init NODE && sh case.sh NODE DRAFT
#
# The evidence is what was public on 19 July 2021, in our words, with the grades that we give it. What members judge is what they said
# that day (positions.yml has the whole of it, and how well each is known); nobody here takes a side.
set -eu
node=${1:?the folder of a node, which entente init makes}
draft=${2:?the folder in which the draft of a statement is to be}

case_() { entente case "$@" --node "$node" >/dev/null; }

case_ new exchange-2021 --title 'Exchange, early 2021' --tlp clear \
	--question 'Who broke into Microsoft Exchange servers in January to March 2021, and for whom?'

# Who did it. "unknown" is there from the beginning.
case_ hypothesis exchange-2021 'Actors affiliated with the Ministry of State Security broke in' \
	--key mss --actor HAFNIUM --sponsor 'Ministry of State Security' --degree state-coordinated
case_ hypothesis exchange-2021 'Actors whom the Chinese state backs otherwise broke in' \
	--key backed --actor HAFNIUM --sponsor 'Chinese state' --degree state-encouraged
case_ hypothesis exchange-2021 'Actors in China broke in, for themselves' \
	--key territory --degree state-ignored
case_ hypothesis exchange-2021 'Others broke in, who want to be taken for actors in China' \
	--key flag --kind false-flag

# What is known. Ten reports of one source are one line of evidence: --group names it.
item() { case_ add exchange-2021 "$@"; }
item finding 'Requests that only the first flaw allows, from early January on' --key chain --grade B2 --group volexity \
	--line telemetry --level tactical --observed 2021-01-03 --source 'Volexity'
item document 'The vendor names HAFNIUM: sponsored by a state, in China, with high confidence' --key vendor --grade B2 --group microsoft \
	--line intelligence --level operational --observed 2021-03-02 --source 'Microsoft'
item finding 'Targeted use turns into mass scanning before the updates come' --key burst --grade B2 --group microsoft \
	--line telemetry --level tactical --observed 2021-02-27 --source 'Microsoft, Red Canary'
item document 'At least ten groups use the flaws by 10 March' --key ten --grade B2 --group eset \
	--line telemetry --level operational --observed 2021-03-10 --source 'ESET'
item finding 'Web shells with names of their own in the folders of log-on, minutes after the exploit' --key shells --grade A1 --group logs-norway \
	--line malware --level tactical --observed 2021-03-03T06:49:00Z --source 'Logs that were published in Norway'
item finding 'Servers that were rented in the United States' --key vps --grade B3 --group microsoft \
	--line infrastructure --level tactical --observed 2021-03-02 --source 'Microsoft'
item document 'Ransomware follows on some of the servers from 11 March on' --key ransom --grade B2 --group vendors \
	--line cui-bono --level strategic --observed 2021-03-11 --source 'Several vendors'
item document 'Who was hit first: those whose knowledge and policy a state wants' --key victims --grade C3 --group microsoft \
	--line cui-bono --level strategic --observed 2021-03-02 --source 'Microsoft'
item similarity 'Techniques and software are like those of G0125, and of others' --key likeness --grade C3

rate() { case_ cell exchange-2021 "$@"; }
rate chain mss=C backed=C territory=C flag=C unknown=C --reason 'whoever knew the flaw could do so'
rate vendor mss=C backed=CC territory=I flag=II unknown=I --reason 'it speaks of a state, in China, and names no ministry'
rate burst mss=N backed=N territory=C flag=N unknown=C --reason 'a service would rather not be seen; many who know the flaw would not mind'
rate ten mss=N backed=N territory=N flag=C unknown=C --reason 'what is seen on a server need not be of those who were first'
rate shells mss=C backed=C territory=C flag=C unknown=C --reason 'everybody uses such shells'
rate vps mss=C backed=C territory=C flag=C unknown=C --reason 'everybody can rent servers'
rate ransom mss=I backed=I territory=C flag=C unknown=C --reason 'a service has no use for it; contract hackers on their own account might'
rate victims mss=C backed=C territory=I flag=N unknown=I --reason 'it is what a state wants to know'
rate likeness mss=C backed=C territory=C flag=N unknown=N --reason 'likeness is no attribution'

case_ assume exchange-2021 'Those who came first, in January, are those whom the vendor names'
case_ assume exchange-2021 'What followed after the updates is of others as well, and is not part of the question'
case_ gap exchange-2021 'How those who were first knew of the flaws'
case_ gap exchange-2021 'What was taken, and who received it'

# What members said on 19 July 2021, each in its own words and on its own scale.
said() { case_ judge exchange-2021 "$@" --said 2021-07-19; }
said mss --by 'United States' --likelihood own-words:'attributes' --confidence icd-203:high \
	--reason 'Actors affiliated with the ministry did it; the ministry also employs criminal contract hackers'
said backed --by 'United Kingdom' --likelihood own-words:'confirms' \
	--reason 'Actors whom the state backs did it, highly likely for espionage on a large scale'
said territory --by 'European Union' --likelihood own-words:'assesses' \
	--reason 'It was undertaken from the territory; the declaration does not say for whom'
said mss --by Canada --confidence own-words:'confident' \
	--reason 'The ministry is responsible'
said mss --by Australia --likelihood own-words:'has determined' \
	--reason 'In consultation with partners: the ministry exploited the flaws'
said backed --by 'New Zealand' --likelihood own-words:'has established links' \
	--reason 'Actors whom the state sponsors, after a robust technical process'
said backed --by Japan --likelihood own-words:'supports' \
	--reason 'It strongly supports what others said, without an attribution of its own'
said backed --by NATO --likelihood own-words:'acknowledges' \
	--reason 'It takes note that allies have said so, and attributes nothing'

entente case show exchange-2021 --node "$node"
entente case pool exchange-2021 --node "$node"
entente case statement exchange-2021 "$draft" --node "$node" --claim mss,backed,territory
