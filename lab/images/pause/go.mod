module mtc.test/lab/images/pause

go 1.26
