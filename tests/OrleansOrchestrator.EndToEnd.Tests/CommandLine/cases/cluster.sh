## api-resources
kubectl api-resources | has '^pods +po +v1 +true +Pod$'
## api-versions
kubectl api-versions | has '^apps/v1$'
## version
kubectl version | has '^Server Version: v1[.]'
## cluster-info
kubectl cluster-info | has 'control plane.* is running at .*https://'
## cluster-info dump
pod one
kubectl wait pod/one --for condition=Ready --timeout 60s
kubectl cluster-info dump --namespaces "$SPACE" --output-directory dump >/dev/null
has '"name": "one"' <"dump/$SPACE/pods.json"
## get componentstatuses
kubectl get cs 2>warning | has '^scheduler +Healthy +ok *$'
has 'Warning: v1 ComponentStatus is deprecated in v1.19+' <warning
## auth can-i
kubectl auth can-i create pods | is yes
## auth reconcile
printf '{"apiVersion":"rbac.authorization.k8s.io/v1","kind":"Role","metadata":{"name":"a","namespace":"%s"},"rules":[{"apiGroups":[""],"resources":["pods"],"verbs":["get"]}]}' "$SPACE" >role.json
kubectl auth reconcile -f role.json | has 'role.rbac.authorization.k8s.io/a reconciled'
field role/a '.rules[0].verbs' | is '["get"]'
## auth whoami
kubectl auth whoami -o 'jsonpath={.status.userInfo.username}' | has .
## certificate
openssl req -new -newkey rsa:2048 -nodes -keyout key.pem -out request.pem -subj /CN=jane 2>/dev/null
gone_at_end csr "$SPACE"
printf '{"apiVersion":"certificates.k8s.io/v1","kind":"CertificateSigningRequest","metadata":{"name":"%s"},"spec":{"request":"%s","signerName":"kubernetes.io/kube-apiserver-client","usages":["client auth"]}}' "$SPACE" "$(base64 -w0 request.pem)" | kubectl create -f -
kubectl certificate approve "$SPACE"
kubectl wait "csr/$SPACE" --for condition=Approved --timeout 60s
kubectl wait "csr/$SPACE" --for 'jsonpath={.status.certificate}' --timeout 60s
kubectl get "csr/$SPACE" -o 'jsonpath={.status.certificate}' | base64 -d > certificate.pem
openssl x509 -in certificate.pem -noout -subject | has jane
## cordon
node="$(kubectl get nodes -o 'jsonpath={.items[0].metadata.name}')"
trap 'kubectl uncordon "$node" >/dev/null' EXIT
kubectl cordon "$node" | is "node/$node cordoned"
field "node/$node" .spec.unschedulable | is true
## uncordon
node="$(kubectl get nodes -o 'jsonpath={.items[0].metadata.name}')"
kubectl cordon "$node"
kubectl uncordon "$node" | is "node/$node uncordoned"
field "node/$node" .spec.unschedulable | is ''
## drain
pod "$SPACE"
kubectl wait "pod/$SPACE" --for condition=Ready --timeout 60s
node="$(field "pod/$SPACE" .spec.nodeName)"
trap 'kubectl uncordon "$node" >/dev/null' EXIT
kubectl create poddisruptionbudget guard --selector "app=$SPACE" --min-available 1
kubectl wait poddisruptionbudget/guard --for condition=DisruptionAllowed=False --timeout 60s
! kubectl drain "$node" --pod-selector "app=$SPACE" --force --timeout 4s 2>refused
has "Cannot evict pod as it would violate the pod's disruption budget" <refused
kubectl patch poddisruptionbudget guard --patch '{"spec":{"minAvailable":0}}'
kubectl drain "$node" --pod-selector "app=$SPACE" --force --timeout 60s | has "^pod/$SPACE evicted"
## taint
node="$(kubectl get nodes -o 'jsonpath={.items[0].metadata.name}')"
kubectl taint node "$node" example.org/test=x:PreferNoSchedule | is "node/$node tainted"
kubectl taint node "$node" example.org/test- | is "node/$node untainted"
## proxy
exec 4< <(exec kubectl proxy --port 0)
trap "kill $!" EXIT
read -r -t 20 -u 4 line
exec 3<>"/dev/tcp/127.0.0.1/${line##*:}"
printf 'GET /version HTTP/1.0\r\nHost: localhost\r\n\r\n' >&3
has '"gitVersion"' <&3
## config
unset -f kubectl # set-context takes no -n
cp "$KUBECONFIG" config
export KUBECONFIG="$PWD/config"
kubectl config set-context other --cluster "$(kubectl config view -o 'jsonpath={.clusters[0].name}')"
kubectl config use-context other
kubectl config current-context | is other
## completion
kubectl completion bash | has '__start_kubectl'
## options
kubectl options | has '--kubeconfig'
## plugin
printf '#!/bin/sh\necho plugged in\n' >kubectl-hello
chmod +x kubectl-hello
PATH="$PWD:$PATH" kubectl plugin list | has 'kubectl-hello$'
PATH="$PWD:$PATH" command kubectl hello | is 'plugged in'
