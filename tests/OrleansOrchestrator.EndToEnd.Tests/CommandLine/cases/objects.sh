## get
map a
kubectl get configmaps a | has '^a +1 +[0-9]+s'
## get --watch
map a
exec 3< <(exec kubectl -n "$SPACE" get configmap a -w -o 'jsonpath={.data.key}{"\n"}')
trap "kill $!" EXIT
read -r -t 20 -u 3 line
kubectl patch configmap a -p '{"data":{"key":"after"}}'
read -r -t 20 -u 3 next
[[ "$line $next" == 'before after' ]]
## describe
map a
kubectl describe configmap a | has '^Name: +a$'
## explain
kubectl explain pod.spec.containers.livenessProbe --recursive | has '^  httpGet.*<HTTPGetAction>'
## delete
map a
kubectl delete configmap a | has '^configmap "a" deleted'
kubectl get configmap a --ignore-not-found | is ''
## edit
map a
KUBE_EDITOR='sed -i s/before/after/' kubectl edit configmap a | is 'configmap/a edited'
field configmap/a .data.key | is after
## apply
manifest a 1 | kubectl apply -f - | is 'configmap/a created'
manifest a 2 | kubectl apply -f - | is 'configmap/a configured'
manifest a 2 | kubectl apply -f - | is 'configmap/a unchanged'
## apply --prune
printf '%s\n---\n%s' "$(manifest a 1)" "$(manifest b 1)" | kubectl apply -f -
manifest a 1 | kubectl apply -f - --prune --all --prune-allowlist core/v1/ConfigMap | has '^configmap/b pruned'
## apply --server-side
manifest a 1 | kubectl apply --server-side --field-manager one -f - | is 'configmap/a serverside-applied'
code=0; manifest a 2 | kubectl apply --server-side --field-manager two -f - 2>error || code=$?
[[ $code == 1 ]]
has 'conflict with "one"' <error
manifest a 2 | kubectl apply --server-side --field-manager two --force-conflicts -f -
field configmap/a .data.key | is 2
## apply edit-last-applied
manifest a before | kubectl apply -f -
KUBE_EDITOR='sed -i s/before/after/' kubectl apply edit-last-applied configmap/a | is 'configmap/a edited'
kubectl apply view-last-applied configmap/a | has 'key: after'
## apply set-last-applied
map a
manifest a other >a.json
kubectl apply set-last-applied -f a.json --create-annotation | is 'configmap/a configured'
kubectl apply view-last-applied configmap/a | has 'key: other'
## apply view-last-applied
manifest a 1 | kubectl apply -f -
kubectl apply view-last-applied configmap/a | has 'key: "1"'
## diff
map a before
manifest a after >a.json
code=0; kubectl diff -f a.json >out || code=$?
[[ $code == 1 ]]
has '^[+]  key: after' <out
## patch (strategic)
deployment a
kubectl patch deployment a -p '{"spec":{"template":{"spec":{"containers":[{"name":"side","image":"s:1"}]}}}}'
field deployment/a '.spec.template.spec.containers[*].name' | is 'side main'
## patch --type merge
map a
kubectl patch configmap a --type merge -p '{"data":{"key":null,"other":"x"}}'
field configmap/a .data | is '{"other":"x"}'
## patch --type json
map a
kubectl patch configmap a --type json -p '[{"op":"replace","path":"/data/key","value":"x"}]'
field configmap/a .data.key | is x
## patch --subresource
kubectl create deployment a --image registry.invalid/main:1
kubectl patch deployment a --subresource scale --type merge -p '{"spec":{"replicas":4}}'
field deployment/a .spec.replicas | is 4
## patch --subresource resize
sized() { printf '{"spec":{"containers":[{"name":"a","resources":{"requests":{"cpu":"%s"},"limits":{"cpu":"%s"}}}]}}' "$1" "$1"; }
kubectl run a --image registry.invalid/main:1 --overrides "$(sized 100m)" --override-type strategic
kubectl wait pod a --for condition=Ready --timeout 30s
field pod/a .status.containerStatuses[0].resources.limits.cpu | is 100m
kubectl patch pod a --subresource resize -p "$(sized 250m)"
granted() { [[ "$(field pod/a .status.containerStatuses[0].resources.limits.cpu)" == "$1" ]]; }
eventually granted 250m
[[ "$(field pod/a .status.observedGeneration)" == "$(field pod/a .metadata.generation)" ]]
field pod/a .status.containerStatuses[0].restartCount | is 0
kubectl patch pod a --subresource resize -p "$(sized 10k)"
kubectl wait pod a --for 'jsonpath={.status.conditions[?(@.type=="PodResizePending")].reason}=Infeasible' --timeout 30s
granted 250m
kubectl get pod a --subresource resize -o json | sed 's/"10k"/"200m"/' | kubectl replace --subresource resize -f - | is 'pod/a replaced'
EDITOR="sed -i s/200m/150m/" kubectl edit pod a --subresource resize
eventually granted 150m
field pod/a '.status.conditions[?(@.type=="PodResizePending")].reason' | is ''
! kubectl patch pod a --subresource resize -p '{"spec":{"containers":[{"name":"a","image":"other","resources":{"limits":{"cpu":null}}}]}}' 2>error
has 'resource limits cannot be removed' <error
## replace
map a
manifest a after | kubectl replace -f - | is 'configmap/a replaced'
field configmap/a .data.key | is after
## replace --force
map a
before="$(field configmap/a .metadata.uid)"
manifest a after | kubectl replace --force -f - | has 'configmap/a replaced'
[[ "$(field configmap/a .metadata.uid)" != "$before" ]]
## label
map a
kubectl label configmap a tier=one | is 'configmap/a labeled'
kubectl get configmaps -l tier=one -o name | is configmap/a
## annotate
map a
kubectl annotate configmap a note=text | is 'configmap/a annotated'
field configmap/a .metadata.annotations.note | is text
## wait
pod one
kubectl wait pod/one --for condition=Ready --timeout 60s | is 'pod/one condition met'
## events
pod one
kubectl wait pod/one --for condition=Ready --timeout 60s
tells() { kubectl events --for pod/one | has 'Scheduled +Pod/one'; }
eventually tells
## kustomize
manifest a 1 >a.json
printf 'namePrefix: x-\nresources: [a.json]\n' >kustomization.yaml
kubectl kustomize . | has '^  name: x-a$'
kubectl apply -k . | is 'configmap/x-a created'
