namespace OrleansOrchestrator.Kinds.Tests.Core.Pods;

public class PodFaultTests
{
    private const string Valid = "{'metadata':{'name':'web','namespace':'default'},'spec':{'containers':[{'name':'c','image':'i:1'}]}}";

    private static readonly KindCase Pods = new("pods");

    [Fact]
    public void Pod_Minimal_IsValid() => Pods.Faults(Valid).ShouldBe("");

    [Theory]
    [InlineData("{}", "metadata.annotations[kubernetes.io/config.mirror]: Invalid value: \"a\": must set spec.nodeName if mirror pod annotation is set")]
    [InlineData("{'nodeName':'n'}", "")]
    public void Mirror_WithoutANode_IsAFault(string change, string fault) =>
        Pods.Faults(KindCase.Merge(Valid, $"{{'metadata':{{'annotations':{{'kubernetes.io/config.mirror':'a'}}}},'spec':{change}}}")).ShouldBe(fault);

    [Theory]
    [InlineData("{'containers':null}", "spec.containers: Required value")]
    [InlineData("{'restartPolicy':'Sometimes'}", "spec.restartPolicy: Unsupported value: \"Sometimes\": supported values: \"Always\", \"OnFailure\", \"Never\"")]
    [InlineData("{'dnsPolicy':'x'}", "spec.dnsPolicy: Unsupported value: \"x\": supported values: \"ClusterFirstWithHostNet\", \"ClusterFirst\", \"Default\", \"None\"")]
    [InlineData("{'dnsPolicy':'None'}", "spec.dnsConfig: Required value: must provide `dnsConfig` when `dnsPolicy` is None")]
    [InlineData("{'activeDeadlineSeconds':0}", "spec.activeDeadlineSeconds: Invalid value: 0: must be between 1 and 2147483647, inclusive")]
    [InlineData("{'terminationGracePeriodSeconds':-2}", "")]
    [InlineData("{'securityContext':{'sysctls':[{'name':'kernel.shm_rmid_forced','value':'1'},{'name':'net.ipv4.conf.eth0/1.x','value':'1'}]}}", "")]
    [InlineData("{'securityContext':{'sysctls':[{'name':'foo-','value':'1'},{'name':'KERNEL','value':'1'},{'value':'1'}]}}",
        "spec.securityContext.sysctls[0].name: Invalid value: \"foo-\": must have at most 253 characters and match regex ^([a-z0-9]([-_a-z0-9]*[a-z0-9])?[\\./])*([a-z0-9]([-_a-z0-9]*[a-z0-9])?)$\n"
        + "spec.securityContext.sysctls[1].name: Invalid value: \"KERNEL\": must have at most 253 characters and match regex ^([a-z0-9]([-_a-z0-9]*[a-z0-9])?[\\./])*([a-z0-9]([-_a-z0-9]*[a-z0-9])?)$\n"
        + "spec.securityContext.sysctls[2].name: Required value")]
    [InlineData("{'securityContext':{'sysctls':[{'name':'kernel.sem','value':'1'},{'name':'kernel/sem','value':'1'}]}}", "spec.securityContext.sysctls[1].name: Duplicate value: \"kernel/sem\"")]
    [InlineData("{'hostNetwork':true,'securityContext':{'sysctls':[{'name':'net.ipv4.tcp_syncookies','value':'1'}]}}", "spec.securityContext.sysctls[0].name: Invalid value: \"net.ipv4.tcp_syncookies\": may not be specified when 'hostNetwork' is true")]
    [InlineData("{'hostIPC':true,'securityContext':{'sysctls':[{'name':'kernel.shmmax','value':'1'}]}}", "spec.securityContext.sysctls[0].name: Invalid value: \"kernel.shmmax\": may not be specified when 'hostIPC' is true")]
    [InlineData("{'nodeSelector':{'a b':'c'}}", "spec.nodeSelector: Invalid value: \"a b\": name part must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation is '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]')")]
    [InlineData("{'hostPID':true,'shareProcessNamespace':true}", "spec.shareProcessNamespace: Invalid value: true: ShareProcessNamespace and HostPID cannot both be enabled")]
    [InlineData("{'securityContext':{'runAsUser':-1}}", "spec.securityContext.runAsUser: Invalid value: -1: must be between 0 and 2147483647, inclusive")]
    [InlineData("{'imagePullSecrets':[{}]}", "")]
    [InlineData("{'hostAliases':[{'ip':'1.2.3'}]}", "spec.hostAliases[0].ip: Invalid value: \"1.2.3\": must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)")]
    [InlineData("{'tolerations':[{'operator':'Equal'}]}", "spec.tolerations[0].operator: Invalid value: \"Equal\": operator must be Exists when `key` is empty, which means \"match all values and all keys\"")]
    [InlineData("{'tolerations':[{'key':'a','effect':'NoSchedule','tolerationSeconds':1}]}", "spec.tolerations[0].effect: Invalid value: \"NoSchedule\": effect must be 'NoExecute' when `tolerationSeconds` is set")]
    [InlineData("{'tolerations':[{'key':'a','effect':'Go'}]}", "spec.tolerations[0].effect: Unsupported value: \"Go\": supported values: \"NoSchedule\", \"PreferNoSchedule\", \"NoExecute\"")]
    [InlineData("{'affinity':{'nodeAffinity':{'requiredDuringSchedulingIgnoredDuringExecution':{'nodeSelectorTerms':[]}}}}", "spec.affinity.nodeAffinity.requiredDuringSchedulingIgnoredDuringExecution.nodeSelectorTerms: Required value: must have at least one node selector term")]
    [InlineData("{'affinity':{'nodeAffinity':{'requiredDuringSchedulingIgnoredDuringExecution':{'nodeSelectorTerms':[{'matchExpressions':[{'key':'a','operator':'In'}]}]}}}}", "spec.affinity.nodeAffinity.requiredDuringSchedulingIgnoredDuringExecution.nodeSelectorTerms[0].matchExpressions[0].values: Required value: must be specified when `operator` is 'In' or 'NotIn'")]
    [InlineData("{'topologySpreadConstraints':[{'maxSkew':0,'topologyKey':'zone','whenUnsatisfiable':'DoNotSchedule'}]}", "spec.topologySpreadConstraints[0].maxSkew: Invalid value: 0: must be greater than zero")]
    [InlineData("{'affinity':{'podAffinity':{'requiredDuringSchedulingIgnoredDuringExecution':[{'topologyKey':'zone','matchLabelKeys':['a']}]}}}", "spec.affinity.podAffinity.requiredDuringSchedulingIgnoredDuringExecution[0].matchLabelKeys: Forbidden: must not be specified when labelSelector is not set")]
    [InlineData("{'affinity':{'podAffinity':{'requiredDuringSchedulingIgnoredDuringExecution':[{'topologyKey':'zone','mismatchLabelKeys':['a']}]}}}", "spec.affinity.podAffinity.requiredDuringSchedulingIgnoredDuringExecution[0].mismatchLabelKeys: Forbidden: must not be specified when labelSelector is not set")]
    [InlineData("{'affinity':{'podAffinity':{'requiredDuringSchedulingIgnoredDuringExecution':[{'topologyKey':'zone','labelSelector':{},'matchLabelKeys':['a b']}]}}}", "spec.affinity.podAffinity.requiredDuringSchedulingIgnoredDuringExecution[0].matchLabelKeys[0]: Invalid value: \"a b\": name part must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation is '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]')")]
    [InlineData("{'affinity':{'podAffinity':{'requiredDuringSchedulingIgnoredDuringExecution':[{'topologyKey':'zone','labelSelector':{},'matchLabelKeys':['a','b'],'mismatchLabelKeys':['b']}]}}}", "spec.affinity.podAffinity.requiredDuringSchedulingIgnoredDuringExecution[0].matchLabelKeys[1]: Invalid value: \"b\": exists in both matchLabelKeys and mismatchLabelKeys")]
    [InlineData("{'affinity':{'podAffinity':{'requiredDuringSchedulingIgnoredDuringExecution':[{'topologyKey':'zone','labelSelector':{'matchLabels':{'a':'1'},'matchExpressions':[{'key':'a','operator':'In','values':['1']}]},'matchLabelKeys':['a']}]}}}", "spec.affinity.podAffinity.requiredDuringSchedulingIgnoredDuringExecution[0].matchLabelKeys[0]: Invalid value: \"a\": exists in both matchLabelKeys and labelSelector")]
    [InlineData("{'topologySpreadConstraints':[{'maxSkew':1,'topologyKey':'zone','whenUnsatisfiable':'DoNotSchedule','matchLabelKeys':['a']}]}", "spec.topologySpreadConstraints[0].matchLabelKeys: Forbidden: must not be specified when labelSelector is not set")]
    [InlineData("{'topologySpreadConstraints':[{'maxSkew':1,'topologyKey':'zone','whenUnsatisfiable':'DoNotSchedule','labelSelector':{'matchLabels':{'a':'1'}},'matchLabelKeys':['a']}]}", "spec.topologySpreadConstraints[0].matchLabelKeys[0]: Invalid value: \"a\": exists in both matchLabelKeys and labelSelector")]
    [InlineData("{'topologySpreadConstraints':[{'maxSkew':1,'topologyKey':'zone','whenUnsatisfiable':'DoNotSchedule','labelSelector':{'matchLabels':{'a':'1'}},'matchLabelKeys':['b']}]}", "")]
    [InlineData("{'schedulingGates':[{'name':'a'},{'name':'a'}]}", "spec.schedulingGates[1]: Duplicate value: \"a\"")]
    [InlineData("{'schedulingGates':[{'name':'a'}],'nodeName':'n'}", "spec.nodeName: Forbidden: cannot be set until all schedulingGates have been cleared")]
    [InlineData("{'ephemeralContainers':[{'name':'e','image':'i'}]}", "spec.ephemeralContainers: Forbidden: cannot be set on create")]
    [InlineData("{'os':{'name':'linux'}}", "")]
    [InlineData("{'os':{}}", "spec.os.name: Required value: cannot be empty")]
    [InlineData("{'os':{'name':'plan9'}}", "spec.os: Unsupported value: \"plan9\": supported values: \"linux\", \"windows\"")]
    [InlineData("{'os':{'name':'linux'},'securityContext':{'windowsOptions':{}}}", "spec.securityContext.windowsOptions: Forbidden: windows options cannot be set for a linux pod")]
    [InlineData("{'os':{'name':'windows'},'hostPID':true,'securityContext':{'fsGroup':1}}", "spec.hostPID: Forbidden: cannot be set for a windows pod\nspec.securityContext.fsGroup: Forbidden: cannot be set for a windows pod")]
    [InlineData("{'os':{'name':'windows'},'containers':[{'name':'c','image':'i:1','securityContext':{'privileged':false}}]}", "spec.containers[0].securityContext.privileged: Forbidden: cannot be set for a windows pod")]
    [InlineData("{'hostUsers':false}", "")]
    [InlineData("{'hostUsers':false,'hostNetwork':true,'hostPID':true,'hostIPC':true}", "spec.hostNetwork: Forbidden: when `hostUsers` is false\nspec.hostPID: Forbidden: when `hostUsers` is false\nspec.hostIPC: Forbidden: when `hostUsers` is false")]
    [InlineData("{'securityContext':{'supplementalGroupsPolicy':'x'}}", "spec.securityContext.supplementalGroupsPolicy: Unsupported value: \"x\": supported values: \"Merge\", \"Strict\"")]
    [InlineData("{'securityContext':{'seLinuxChangePolicy':'x'}}", "spec.securityContext.seLinuxChangePolicy: Unsupported value: \"x\": supported values: \"MountOption\", \"Recursive\"")]
    [InlineData("{'securityContext':{'appArmorProfile':{'type':'Localhost','localhostProfile':'a'}}}", "")]
    [InlineData("{'securityContext':{'appArmorProfile':{}}}", "spec.securityContext.appArmorProfile.type: Required value: type is required when appArmorProfile is set")]
    [InlineData("{'securityContext':{'appArmorProfile':{'type':'x'}}}", "spec.securityContext.appArmorProfile.type: Unsupported value: \"x\": supported values: \"Localhost\", \"RuntimeDefault\", \"Unconfined\"")]
    [InlineData("{'securityContext':{'appArmorProfile':{'type':'Localhost'}}}", "spec.securityContext.appArmorProfile.localhostProfile: Required value: must be set when AppArmor type is Localhost")]
    [InlineData("{'securityContext':{'appArmorProfile':{'type':'Localhost','localhostProfile':' a'}}}", "spec.securityContext.appArmorProfile.localhostProfile: Invalid value: \" a\": must not be padded with whitespace")]
    [InlineData("{'securityContext':{'appArmorProfile':{'type':'Unconfined','localhostProfile':'a'}}}", "spec.securityContext.appArmorProfile.localhostProfile: Invalid value: \"a\": can only be set when AppArmor type is Localhost")]
    [InlineData("{'containers':[{'name':'c','image':'i:1','securityContext':{'appArmorProfile':{'type':'x'}}}]}", "spec.containers[0].securityContext.appArmorProfile.type: Unsupported value: \"x\": supported values: \"Localhost\", \"RuntimeDefault\", \"Unconfined\"")]
    [InlineData("{'volumes':[{'name':'v','image':{'reference':'i:1'}}]}", "")]
    [InlineData("{'volumes':[{'name':'v','image':{}}]}", "spec.volumes[0].image.reference: Required value")]
    [InlineData("{'volumes':[{'name':'v','image':{'reference':'i:1','pullPolicy':'x'}}]}", "spec.volumes[0].image.pullPolicy: Unsupported value: \"x\": supported values: \"Always\", \"IfNotPresent\", \"Never\"")]
    [InlineData("{'volumes':[{'name':'v','ephemeral':{}}]}", "spec.volumes[0].ephemeral.volumeClaimTemplate: Required value")]
    [InlineData("{'volumes':[{'name':'v','csi':{'driver':'d','nodePublishSecretRef':{}}}]}", "spec.volumes[0].csi.nodePublishSecretRef.name: Required value")]
    [InlineData("{'volumes':[{'name':'v','projected':{'sources':[{'serviceAccountToken':{'path':'t','expirationSeconds':4294967297}}]}}]}", "spec.volumes[0].projected.sources[0].serviceAccountToken.expirationSeconds: Invalid value: 4294967297: may not specify a duration larger than 2^32 seconds")]
    [InlineData("{'volumes':[{'name':'v','emptyDir':{}}],'containers':[{'name':'c','image':'i:1','volumeMounts':[{'name':'v','mountPath':'/v','readOnly':true,'recursiveReadOnly':'Enabled'}]}]}", "")]
    [InlineData("{'volumes':[{'name':'v','emptyDir':{}}],'containers':[{'name':'c','image':'i:1','volumeMounts':[{'name':'v','mountPath':'/v','recursiveReadOnly':'Enabled','mountPropagation':'HostToContainer'}]}]}",
        "spec.containers[0].volumeMounts[0].recursiveReadOnly: Forbidden: may only be specified when readOnly is true\nspec.containers[0].volumeMounts[0].recursiveReadOnly: Forbidden: may only be specified when mountPropagation is None or not specified")]
    [InlineData("{'volumes':[{'name':'v','emptyDir':{}}],'containers':[{'name':'c','image':'i:1','volumeMounts':[{'name':'v','mountPath':'/v','recursiveReadOnly':'x'}]}]}", "spec.containers[0].volumeMounts[0].recursiveReadOnly: Unsupported value: \"x\": supported values: \"Disabled\", \"Enabled\", \"IfPossible\"")]
    [InlineData("{'volumes':[{'name':'v','persistentVolumeClaim':{'claimName':'a'}}],'containers':[{'name':'c','image':'i:1','volumeDevices':[{'name':'v','devicePath':'/dev/x'}]}]}", "")]
    [InlineData("{'volumes':[{'name':'v','emptyDir':{}}],'containers':[{'name':'c','image':'i:1','volumeDevices':[{'name':'v','devicePath':'/dev/../x'}]}]}",
        "spec.containers[0].volumeDevices[0].name: Invalid value: \"v\": can only use volume source type of PersistentVolumeClaim or Ephemeral for block mode\nspec.containers[0].volumeDevices[0].devicePath: Invalid value: \"/dev/../x\": can not contain backsteps ('..')")]
    [InlineData("{'containers':[{'name':'c','image':'i:1','volumeDevices':[{}]}]}",
        "spec.containers[0].volumeDevices[0].name: Required value\nspec.containers[0].volumeDevices[0].name: Not found: \"\"\nspec.containers[0].volumeDevices[0].devicePath: Required value")]
    [InlineData("{'volumes':[{'name':'v','persistentVolumeClaim':{'claimName':'a'}}],'containers':[{'name':'c','image':'i:1','volumeMounts':[{'name':'v','mountPath':'/v'}],'volumeDevices':[{'name':'v','devicePath':'/v'}]}]}",
        "spec.containers[0].volumeMounts[0].name: Invalid value: \"v\": must not already exist in volumeDevices\nspec.containers[0].volumeMounts[0].mountPath: Invalid value: \"/v\": must not already exist as a path in volumeDevices\n"
        + "spec.containers[0].volumeDevices[0].name: Invalid value: \"v\": must not already exist in volumeMounts\nspec.containers[0].volumeDevices[0].devicePath: Invalid value: \"/v\": must not already exist as a path in volumeMounts")]
    [InlineData("{'preemptionPolicy':'x'}", "spec.preemptionPolicy: Unsupported value: \"x\": supported values: \"Never\", \"PreemptLowerPriority\"")]
    public void Spec_Faults_AreTold(string change, string fault) =>
        Pods.Faults(KindCase.Merge(Valid, $"{{'spec':{change}}}")).ShouldBe(fault);

    [Theory]
    [InlineData("{'name':null}", "name: Required value")]
    [InlineData("{'name':'a.b'}", "name: Invalid value: \"a.b\": must not contain dots")]
    [InlineData("{'image':null}", "image: Required value")]
    [InlineData("{'image':' i'}", "image: Invalid value: \" i\": must not have leading or trailing whitespace")]
    [InlineData("{'imagePullPolicy':'x'}", "imagePullPolicy: Unsupported value: \"x\": supported values: \"Always\", \"IfNotPresent\", \"Never\"")]
    [InlineData("{'terminationMessagePolicy':'x'}", "terminationMessagePolicy: Unsupported value: \"x\": supported values: \"FallbackToLogsOnError\", \"File\"")]
    [InlineData("{'restartPolicy':'Always'}", "restartPolicy: Forbidden: may not be set for non-init containers")]
    [InlineData("{'ports':[{'containerPort':0}]}", "ports[0].containerPort: Required value")]
    [InlineData("{'ports':[{'containerPort':65536}]}", "ports[0].containerPort: Invalid value: 65536: must be between 1 and 65535, inclusive")]
    [InlineData("{'ports':[{'containerPort':1,'protocol':'ICMP'}]}", "ports[0].protocol: Unsupported value: \"ICMP\": supported values: \"SCTP\", \"TCP\", \"UDP\"")]
    [InlineData("{'ports':[{'containerPort':1,'name':'a'},{'containerPort':2,'name':'a'}]}", "ports[1].name: Duplicate value: \"a\"")]
    [InlineData("{'ports':[{'containerPort':1,'hostPort':5},{'containerPort':2,'hostPort':5}]}", "ports[1].hostPort: Duplicate value: \"TCP//5\"")]
    [InlineData("{'env':[{'value':'x'}]}", "env[0].name: Required value")]
    [InlineData("{'env':[{'name':'a=b'}]}", "env[0].name: Invalid value: \"a=b\": a valid environment variable name must consist only of printable ASCII characters other than '='")]
    [InlineData("{'env':[{'name':'a','valueFrom':{}}]}", "env[0].valueFrom: Invalid value: \"\": must specify one of: `fieldRef`, `resourceFieldRef`, `configMapKeyRef` or `secretKeyRef`")]
    [InlineData("{'env':[{'name':'a','value':'v','valueFrom':{'secretKeyRef':{'name':'s','key':'k'}}}]}", "env[0].valueFrom: Invalid value: \"\": may not be specified when `value` is not empty")]
    [InlineData("{'env':[{'name':'a','valueFrom':{'secretKeyRef':{'name':'s','key':'k'},'configMapKeyRef':{'name':'s','key':'k'}}}]}", "env[0].valueFrom: Invalid value: \"\": may not have more than one field specified at a time")]
    [InlineData("{'env':[{'name':'a','valueFrom':{'fieldRef':{'fieldPath':'metadata.labels'}}}]}", "env[0].valueFrom.fieldRef.fieldPath: Unsupported value: \"metadata.labels\": supported values: \"metadata.name\", \"metadata.namespace\", \"metadata.uid\", \"spec.nodeName\", \"spec.serviceAccountName\", \"status.hostIP\", \"status.hostIPs\", \"status.podIP\", \"status.podIPs\"")]
    [InlineData("{'env':[{'name':'a','valueFrom':{'fieldRef':{'fieldPath':'spec.bogus'}}}]}", "env[0].valueFrom.fieldRef.fieldPath: Invalid value: \"spec.bogus\": error converting fieldPath: field label not supported: spec.bogus")]
    [InlineData("{'env':[{'name':'a','valueFrom':{'resourceFieldRef':{'resource':'limits.cpu','divisor':'2'}}}]}", "env[0].valueFrom.resourceFieldRef.divisor: Invalid value: \"2\": only divisor's values 1m and 1 are supported with the cpu resource")]
    [InlineData("{'envFrom':[{'prefix':'p'}]}", "envFrom[0]: Invalid value: \"\": must specify one of: `configMapRef` or `secretRef`")]
    [InlineData("{'volumeMounts':[{'name':'v','mountPath':'/v'}]}", "volumeMounts[0].name: Not found: \"v\"")]
    [InlineData("{'resources':{'requests':{'cpu':'2'},'limits':{'cpu':'1'}}}", "resources.requests: Invalid value: \"2\": must be less than or equal to cpu limit of 1")]
    [InlineData("{'resources':{'limits':{'cpu':'-1'}}}", "resources.limits[cpu]: Invalid value: \"-1\": must be greater than or equal to 0\nresources.requests[cpu]: Invalid value: \"-1\": must be greater than or equal to 0")]
    [InlineData("{'resources':{'requests':{'gpus':'1'}}}", "resources.requests[gpus]: Invalid value: \"gpus\": must be a standard resource for containers")]
    [InlineData("{'resources':{'requests':{'example.com/gpu':'1'}}}", "resources.limits: Required value: Limit must be set for non overcommitable resources")]
    [InlineData("{'resources':{'limits':{'example.com/gpu':'2'},'requests':{'example.com/gpu':'1'}}}", "resources.requests: Invalid value: \"1\": must be equal to example.com/gpu limit of 2")]
    [InlineData("{'livenessProbe':{}}", "livenessProbe: Required value: must specify a handler type")]
    [InlineData("{'livenessProbe':{'exec':{'command':['a']},'tcpSocket':{'port':1}}}", "livenessProbe.tcpSocket: Forbidden: may not specify more than 1 handler type")]
    [InlineData("{'livenessProbe':{'tcpSocket':{'port':1},'successThreshold':2}}", "livenessProbe.successThreshold: Invalid value: 2: must be 1")]
    [InlineData("{'readinessProbe':{'tcpSocket':{'port':1},'terminationGracePeriodSeconds':2}}", "readinessProbe.terminationGracePeriodSeconds: Invalid value: 2: must not be set for readinessProbes")]
    [InlineData("{'readinessProbe':{'httpGet':{'port':0}}}", "readinessProbe.httpGet.port: Invalid value: 0: must be between 1 and 65535, inclusive")]
    [InlineData("{'readinessProbe':{'tcpSocket':{'port':1},'initialDelaySeconds':-1}}", "readinessProbe.initialDelaySeconds: Invalid value: -1: must be greater than or equal to 0")]
    [InlineData("{'lifecycle':{'preStop':{}}}", "lifecycle.preStop: Required value: must specify a handler type")]
    [InlineData("{'securityContext':{'privileged':true,'allowPrivilegeEscalation':false}}", "securityContext: Invalid value: {\"allowPrivilegeEscalation\":false,\"privileged\":true}: cannot set `allowPrivilegeEscalation` to false and `privileged` to true")]
    public void Container_Faults_AreTold(string change, string faults)
    {
        var container = KindCase.Merge("{'name':'c','image':'i:1'}", change);
        var expected = string.Join('\n', faults.Split('\n').Select(fault => "spec.containers[0]." + fault));

        Pods.Faults(KindCase.With("{'spec':{'containers':[@]}}", container)).ShouldBe(expected);
    }

    [Theory]
    [InlineData("{'name':'V'}", "name: Invalid value: \"V\": a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end with an alphanumeric character (e.g. 'my-name',  or '123-abc', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?')")]
    [InlineData("{'name':null}", "name: Required value")]
    [InlineData("{'emptyDir':{},'hostPath':{'path':'/x'}}", "hostPath: Forbidden: may not specify more than 1 volume type")]
    [InlineData("{'hostPath':{'path':'/a/../b'}}", "hostPath.path: Invalid value: \"/a/../b\": must not contain '..'")]
    [InlineData("{'hostPath':{'path':'/a','type':'x'}}", "hostPath.type: Unsupported value: \"x\": supported values: \"\", \"BlockDevice\", \"CharDevice\", \"Directory\", \"DirectoryOrCreate\", \"File\", \"FileOrCreate\", \"Socket\"")]
    [InlineData("{'configMap':{}}", "configMap.name: Required value")]
    [InlineData("{'secret':{'secretName':'s','defaultMode':512}}", "secret.defaultMode: Invalid value: 512: must be a number between 0 and 0777 (octal), both inclusive")]
    [InlineData("{'secret':{'secretName':'s','items':[{'key':'k','path':'/a'}]}}", "secret.items[0].path: Invalid value: \"/a\": must be a relative path")]
    [InlineData("{'secret':{'secretName':'s','items':[{'key':'k','path':'..a'}]}}", "secret.items[0].path: Invalid value: \"..a\": must not start with '..'")]
    [InlineData("{'downwardAPI':{'items':[{'path':'a'}]}}", "downwardAPI.items[0]: Required value: one of fieldRef and resourceFieldRef is required")]
    [InlineData("{'projected':{'sources':[{'secret':{'name':'s'},'configMap':{'name':'s'}}]}}", "projected.sources[0]: Forbidden: may not specify more than 1 volume type per source")]
    [InlineData("{'persistentVolumeClaim':{}}", "persistentVolumeClaim.claimName: Required value")]
    public void Volume_Faults_AreTold(string change, string fault)
    {
        var volume = KindCase.Merge("{'name':'v'}", change);

        Pods.Faults(KindCase.With("{'spec':{'containers':[{'name':'c','image':'i'}],'volumes':[@]}}", volume)).ShouldBe("spec.volumes[0]." + fault);
    }

    [Theory]
    [InlineData("{'mountPath':null}", "[0].mountPath: Required value")]
    [InlineData("{'subPath':'/a'}", "[0].subPath: Invalid value: \"/a\": must be a relative path")]
    [InlineData("{'subPath':'a','subPathExpr':'b'}", "[0].subPathExpr: Invalid value: \"b\": subPathExpr and subPath are mutually exclusive")]
    [InlineData("{'mountPropagation':'Bidirectional'}", "[0].mountPropagation: Forbidden: Bidirectional mount propagation is available only to privileged containers")]
    public void VolumeMount_Faults_AreTold(string change, string fault)
    {
        var mount = KindCase.Merge("{'name':'v','mountPath':'/v'}", change);

        Pods.Faults(KindCase.With("{'spec':{'volumes':[{'name':'v'}],'containers':[{'name':'c','image':'i','volumeMounts':[@]}]}}", mount))
            .ShouldBe("spec.containers[0].volumeMounts" + fault);
    }

    [Fact]
    public void VolumeMounts_OnOnePath_AreRefused() =>
        Pods.Faults("{'spec':{'volumes':[{'name':'v'}],'containers':[{'name':'c','image':'i','volumeMounts':[{'name':'v','mountPath':'/v'},{'name':'v','mountPath':'/v'}]}]}}")
            .ShouldBe("spec.containers[0].volumeMounts[1].mountPath: Invalid value: \"/v\": must be unique");

    [Fact]
    public void ContainerNames_AcrossBothLists_AreUnique() =>
        Pods.Faults("{'spec':{'containers':[{'name':'c','image':'i'},{'name':'c','image':'i'}],'initContainers':[{'name':'c','image':'i'}]}}")
            .ShouldBe("spec.containers[1].name: Duplicate value: \"c\"\nspec.initContainers[0].name: Duplicate value: \"c\"");

    [Fact]
    public void InitContainer_WithProbe_MustBeASidecar()
    {
        const string Pod = "{'spec':{'containers':[{'name':'c','image':'i'}],'initContainers':[{'name':'d','image':'i','readinessProbe':{'tcpSocket':{'port':1}}SIDECAR}]}}";

        Pods.Faults(Pod.Replace("SIDECAR", "", StringComparison.Ordinal))
            .ShouldBe("spec.initContainers[0].readinessProbe: Forbidden: may not be set for init containers without restartPolicy=Always");
        Pods.Faults(Pod.Replace("SIDECAR", ",'restartPolicy':'Always'", StringComparison.Ordinal)).ShouldBe("");
    }

    [Fact]
    public void HostPort_OnHostNetwork_MustBeTheContainerPort() =>
        Pods.Faults("{'spec':{'hostNetwork':true,'containers':[{'name':'c','image':'i','ports':[{'containerPort':80,'hostPort':81}]}]}}")
            .ShouldBe("spec.containers[0].ports[0].hostPort: Invalid value: 81: must match `containerPort` when `hostNetwork` is true");

    [Fact]
    public void Pod_WithManyFaults_TellsAll() =>
        Pods.Faults("{'spec':{'restartPolicy':'x','containers':[{'name':'c'},{'image':'i'}]}}").Split('\n').Length.ShouldBe(3);
}
