## create
manifest a 1 | kubectl create -f - | is 'configmap/a created'
field configmap/a .data.key | is 1
## create clusterrole
gone_at_end clusterrole "$SPACE"
kubectl create clusterrole "$SPACE" --verb get,list --resource pods
field "clusterrole/$SPACE" '.rules[0].verbs' | is '["get","list"]'
## create clusterrolebinding
gone_at_end clusterrolebinding "$SPACE"
kubectl create clusterrolebinding "$SPACE" --clusterrole view --user jane
field "clusterrolebinding/$SPACE" '.subjects[0].name' | is jane
## create configmap
kubectl create configmap a --from-literal key=value --from-literal other=x
field configmap/a .data.key | is value
## create cronjob
kubectl create cronjob a --image registry.invalid/main:1 --schedule '*/5 * * * *'
field cronjob/a .spec.concurrencyPolicy | is Allow
## create deployment
kubectl create deployment a --image registry.invalid/main:1 --replicas 2
field deployment/a .spec.strategy.type | is RollingUpdate
## create ingress
kubectl create ingress a --rule 'example.org/path*=web:80'
field ingress/a '.spec.rules[0].http.paths[0].pathType' | is Prefix
## create job
kubectl create job a --image registry.invalid/main:1
field job/a .spec.backoffLimit | is 6
kubectl wait job/a --for jsonpath='{.status.active}'=1 --timeout 60s
## create job --from
kubectl create cronjob a --image registry.invalid/main:1 --schedule '0 0 1 1 *'
kubectl create job b --from cronjob/a
field job/b '.metadata.ownerReferences[0].name' | is a
kubectl wait job/b --for jsonpath='{.status.active}'=1 --timeout 60s
## create namespace
gone_at_end namespace "$SPACE-b"
kubectl create namespace "$SPACE-b" | is "namespace/$SPACE-b created"
field "namespace/$SPACE-b" .status.phase | is Active
## create poddisruptionbudget
kubectl create poddisruptionbudget a --selector app=a --min-available 1
field poddisruptionbudget/a .spec.minAvailable | is 1
kubectl wait poddisruptionbudget/a --for condition=DisruptionAllowed=False --timeout 60s
## create priorityclass
gone_at_end priorityclass "$SPACE"
kubectl create priorityclass "$SPACE" --value 5 --description text
field "priorityclass/$SPACE" .preemptionPolicy | is PreemptLowerPriority
## create quota
kubectl create quota a --hard pods=3,cpu=2
field quota/a .spec.hard.pods | is 3
! pod one 2>refused
has 'pods "one" is forbidden: failed quota: a: must specify cpu for: one' <refused
kubectl create quota b --hard secrets=1
kubectl create secret generic first --from-literal key=value
! kubectl create secret generic second --from-literal key=value 2>refused
has 'secrets "second" is forbidden: exceeded quota: b, requested: secrets=1, used: secrets=1, limited: secrets=1' <refused
kubectl wait quota/b --for 'jsonpath={.status.used.secrets}=1' --timeout 60s
kubectl describe quota b | has '^secrets +1 +1$'
## create role
kubectl create role a --verb get --resource pods
field role/a '.rules[0].resources' | is '["pods"]'
## create rolebinding
kubectl create rolebinding a --role a --user jane
field rolebinding/a .roleRef.name | is a
## create secret docker-registry
kubectl create secret docker-registry a --docker-server registry.invalid --docker-username u --docker-password p
field secret/a .type | is kubernetes.io/dockerconfigjson
## create secret generic
kubectl create secret generic a --from-literal key=value
field secret/a .data.key | is dmFsdWU=
## create secret tls
openssl req -x509 -newkey rsa:2048 -nodes -keyout key.pem -out cert.pem -subj /CN=a -days 1 2>/dev/null
kubectl create secret tls a --cert cert.pem --key key.pem
field secret/a .type | is kubernetes.io/tls
## create service clusterip
kubectl create service clusterip a --tcp 80:8080
field service/a .spec.clusterIP | has '^[0-9.]+$'
## create service externalname
kubectl create service externalname a --external-name example.org
field service/a .spec.externalName | is example.org
## create service loadbalancer
kubectl create service loadbalancer a --tcp 80:8080
field service/a .spec.type | is LoadBalancer
## create service nodeport
kubectl create service nodeport a --tcp 80:8080
field service/a '.spec.ports[0].nodePort' | has '^3[0-9]{4}$'
## create serviceaccount
kubectl create serviceaccount a
field serviceaccount/a .metadata.name | is a
## create token
kubectl create serviceaccount a
kubectl create token a | has '^[^.]+[.][^.]+[.][^.]+$'
