module mtc.test/bench/peer

go 1.26.0
