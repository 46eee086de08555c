## run
kubectl run one --image registry.invalid/main:1 --command -- main | is 'pod/one created'
kubectl wait pod/one --for condition=Ready --timeout 60s
## expose
deployment web
kubectl expose deployment web --port 80 --target-port 8080 | is 'service/web exposed'
field service/web .spec.selector | is '{"app":"web"}'
## scale
deployment web
kubectl scale deployment web --current-replicas 1 --replicas 3 | is 'deployment.apps/web scaled'
rolled_out web
field deployment/web .status.readyReplicas | is 3
## autoscale
deployment web
kubectl autoscale deployment web --min 1 --max 3 --cpu-percent 70
field hpa/web .spec.maxReplicas | is 3
## rollout history
deployment web
rolled_out web
kubectl set image deployment web main=registry.invalid/main:2
rolled_out web
kubectl rollout history deployment web | has '^1 '
kubectl rollout history deployment web | has '^2 '
kubectl rollout history deployment web --revision 1 | has 'main:1$'
## rollout pause
deployment web
rolled_out web
kubectl rollout pause deployment web
kubectl wait deployment web --for condition=Progressing=Unknown --timeout 60s
kubectl set image deployment web main=registry.invalid/main:2
kubectl scale deployment web --replicas 2
kubectl wait deployment web --for 'jsonpath={.status.readyReplicas}=2' --timeout 60s
kubectl get rs -o 'jsonpath={.items[*].spec.template.spec.containers[0].image}' | is registry.invalid/main:1
## rollout restart
deployment web
rolled_out web
kubectl rollout restart deployment web
rolled_out web
field deployment/web '.metadata.annotations.deployment\.kubernetes\.io/revision' | is 2
## rollout resume
deployment web
rolled_out web
kubectl rollout pause deployment web
kubectl set image deployment web main=registry.invalid/main:2
kubectl rollout resume deployment web
rolled_out web
field deployment/web .status.updatedReplicas | is 1
## rollout status
deployment web
kubectl rollout status deployment web --timeout 60s | has '^deployment "web" successfully rolled out$'
## rollout undo
deployment web
rolled_out web
kubectl set image deployment web main=registry.invalid/main:2
rolled_out web
kubectl rollout undo deployment web | is 'deployment.apps/web rolled back'
rolled_out web
field deployment/web '.spec.template.spec.containers[0].image' | is registry.invalid/main:1
field deployment/web '.metadata.annotations.deployment\.kubernetes\.io/revision' | is 3
## rollout of a daemonset
workload DaemonSet agent | kubectl apply -f -
rolls_out_and_back daemonset agent 'daemon set "agent" successfully rolled out'
kubectl get daemonset agent | has '^agent +2 +2 +2 +2 +2 '
## rollout of a statefulset
workload StatefulSet db | kubectl apply -f -
kubectl scale statefulset db --replicas 2
rolls_out_and_back statefulset db '^partitioned roll out complete: 2 new pods have been updated'
kubectl get statefulset db | has '^db +2/2 '
kubectl get pods -o 'jsonpath={.items[*].metadata.name}' | is 'db-0 db-1'
## set env
deployment web
kubectl set env deployment web KEY=value
kubectl set env deployment web --list | has '^KEY=value$'
## set image
deployment web
kubectl set image deployment web main=registry.invalid/main:2 | is 'deployment.apps/web image updated'
rolled_out web
field deployment/web .status.updatedReplicas | is 1
## set resources
deployment web
kubectl set resources deployment web --limits cpu=200m,memory=64Mi
field deployment/web '.spec.template.spec.containers[0].resources.limits.cpu' | is 200m
## set selector
kubectl create service clusterip web --tcp 80
kubectl set selector service web app=other
field service/web .spec.selector | is '{"app":"other"}'
## set serviceaccount
deployment web
kubectl set serviceaccount deployment web robot
field deployment/web .spec.template.spec.serviceAccountName | is robot
## set subject
kubectl create rolebinding a --role a --user jane
kubectl set subject rolebinding a --user joe
field rolebinding/a '.subjects[*].name' | is 'jane joe'
## debug
pod one
kubectl debug one --image registry.invalid/debug:1 -c tools
field pod/one '.spec.ephemeralContainers[0].name' | is tools
## debug --copy-to
pod one
kubectl debug one --image registry.invalid/debug:1 -c tools --copy-to two
field pod/two '.spec.containers[*].name' | is 'one tools'
## debug node
node="$(kubectl get nodes -o 'jsonpath={.items[0].metadata.name}')"
kubectl debug "node/$node" --image registry.invalid/debug:1
kubectl get pods -o 'jsonpath={.items[0].spec.nodeName}' | is "$node"
