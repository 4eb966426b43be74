module github.com/kubectl-pprof/tests/demo-service

go 1.24
