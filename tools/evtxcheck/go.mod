module entente/tools/evtxcheck

go 1.26.0

require entente v0.0.0

replace entente => ../..
