# What does not exist is named, with what to look at next.
. "$CLUSTER/lib.sh"
for command in top 'loadtest --url http://127.0.0.1:30080/'; do
	# shellcheck disable=SC2086 # words they are
	{
		run $command deploy/nosuch
		refused "deployment 'nosuch' not found in namespace 'default'; is it in another one \(-n\)"
		run $command nosuch-pod
		refused "pod 'nosuch-pod' not found in namespace 'default'"
		run $command -n nosuch deploy/api
		refused "namespace 'nosuch' does not exist"
		run $command -n nosuch -l app=api
		refused "namespace 'nosuch' does not exist"
		run $command -l app=nosuch
		refused "no pods: nothing matches .*app=nosuch"
	}
done
run top api
refused "did you mean 'api-[a-z0-9]+-[a-z0-9]+' \(or TYPE/NAME"
