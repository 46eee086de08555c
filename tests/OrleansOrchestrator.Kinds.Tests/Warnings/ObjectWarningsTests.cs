using System.Text.RegularExpressions;
using OrleansOrchestrator.Testing;

namespace OrleansOrchestrator.Kinds.Tests.Warnings;

public sealed partial class ObjectWarningsTests
{
    private const string Pod = "{'metadata':{'name':'p'},'spec':{'containers':[{'name':'c','image':'i'}]}}";

    [Theory]
    [InlineData("'env':[{'name':'A','value':'1'},{'name':'B','value':'2'},{'name':'A','value':'1'}]", "spec.containers[0].env[2]: hides previous definition of \"A\", which may be dropped when using apply")]
    [InlineData("'env':[{'name':'A','value':'1'},{'name':'A','value':'$(A):2'}]", "")]
    [InlineData("'env':[{'name':'A','value':'1'},{'name':'A','value':'$(A)'}]", "spec.containers[0].env[1]: hides previous definition of \"A\", which may be dropped when using apply")]
    [InlineData("'env':[{'name':'A','value':'1'},{'name':'A','valueFrom':{'fieldRef':{'fieldPath':'metadata.name'}}}]", "spec.containers[0].env[1]: hides previous definition of \"A\", which may be dropped when using apply")]
    [InlineData("'resources':{'limits':{'memory':'1500m'},'requests':{'memory':'0.1','ephemeral-storage':'0.5','cpu':'1500m'}}",
        "spec.containers[0].resources.limits[memory]: fractional byte value \"1500m\" is invalid, must be an integer\n"
        + "spec.containers[0].resources.requests[memory]: fractional byte value \"100m\" is invalid, must be an integer\n"
        + "spec.containers[0].resources.requests[ephemeral-storage]: fractional byte value \"500m\" is invalid, must be an integer")]
    [InlineData("'resources':{'limits':{'memory':'1.5Gi','ephemeral-storage':'9E'}}", "")]
    [InlineData("'ports':[{'containerPort':80,'name':'a'},{'containerPort':80,'name':'b'}]", "spec.containers[0].ports[1]: duplicate port definition with spec.containers[0].ports[0]")]
    [InlineData("'ports':[{'containerPort':80,'name':'a','hostPort':8080},{'containerPort':80,'name':'b'}]", "spec.containers[0].ports[1]: overlapping port definition with spec.containers[0].ports[0]")]
    [InlineData("'ports':[{'containerPort':80,'name':'a','hostPort':8080,'hostIP':'1.2.3.4'},{'containerPort':80,'name':'b','hostPort':8080}]", "spec.containers[0].ports[1]: dangerously ambiguous port definition with spec.containers[0].ports[0]")]
    [InlineData("'ports':[{'containerPort':80,'protocol':'TCP'},{'containerPort':80,'protocol':'UDP'}]", "")]
    [InlineData("'ports':[{'containerPort':80,'hostIP':'1.2.3.4'}]", "spec.containers[0].ports[0]: hostIP set without hostPort: {Name: HostPort:0 ContainerPort:80 Protocol:TCP HostIP:1.2.3.4}")]
    public void Of_AContainer_TellsWhatIsOdd(string fields, string expected) =>
        Warnings("pods", "", KindCase.With("{'metadata':{'name':'p'},'spec':{'containers':[{'name':'c','image':'i',@}]}}", fields)).ShouldBe(expected);

    [Theory]
    [InlineData("'terminationGracePeriodSeconds':-1", "spec.terminationGracePeriodSeconds: must be >= 0; negative values are invalid and will be treated as 1")]
    [InlineData("'hostAliases':[{'ip':'1.1.1.1','hostnames':['a']},{'ip':'1.1.1.1','hostnames':['b']}]", "spec.hostAliases[1].ip: duplicate ip \"1.1.1.1\"")]
    [InlineData("'imagePullSecrets':[{'name':'a'},{'name':'a'}]", "spec.imagePullSecrets[1].name: duplicate name \"a\"")]
    [InlineData("'imagePullSecrets':[{}]", "spec.imagePullSecrets[0].name: invalid empty name \"\"")]
    [InlineData("'nodeSelector':{'beta.kubernetes.io/os':'linux'}", "spec.nodeSelector[beta.kubernetes.io/os]: deprecated since v1.14; use \"kubernetes.io/os\" instead")]
    [InlineData("'volumes':[{'name':'v','gitRepo':{'repository':'x'}}]", "spec.volumes[0].gitRepo: deprecated in v1.11")]
    [InlineData("'overhead':{'memory':'0.5'}", "spec.overhead[memory]: fractional byte value \"500m\" is invalid, must be an integer")]
    [InlineData("'topologySpreadConstraints':[{'maxSkew':1,'topologyKey':'failure-domain.beta.kubernetes.io/zone','whenUnsatisfiable':'DoNotSchedule'}]",
        "spec.topologySpreadConstraints[0].topologyKey: failure-domain.beta.kubernetes.io/zone is deprecated since v1.17; use \"topology.kubernetes.io/zone\" instead\n"
        + "spec.topologySpreadConstraints[0].labelSelector: a null labelSelector results in matching no pod")]
    [InlineData("'affinity':{'podAntiAffinity':{'requiredDuringSchedulingIgnoredDuringExecution':[{'topologyKey':'kubernetes.io/hostname'}]}}",
        "spec.affinity.podAntiAffinity.requiredDuringSchedulingIgnoredDuringExecution[0].labelSelector: a null labelSelector results in matching no pod")]
    [InlineData("'volumes':[{'name':'v','projected':{'sources':[{'serviceAccountToken':{'path':'t'}},{'secret':{'name':'s','items':[{'key':'k','path':'t'}]}}]}}]",
        "spec.volumes[0].projected.sources.secrets[0]: has duplicated path with ServiceAccountToken \"t\"")]
    public void Of_APodSpec_TellsWhatIsOdd(string fields, string expected) =>
        Warnings("pods", "", KindCase.With("{'metadata':{'name':'p'},'spec':{@,'containers':[{'name':'c','image':'i'}]}}", fields)).ShouldBe(expected);

    [Theory]
    [InlineData("replicationcontrollers", "", "{'metadata':{'name':'x'},'spec':{'template':@}}", "template")]
    [InlineData("deployments", "apps", "{'metadata':{'name':'x'},'spec':{'template':@}}", "spec.template")]
    [InlineData("replicasets", "apps", "{'metadata':{'name':'x'},'spec':{'template':@}}", "spec.template")]
    [InlineData("daemonsets", "apps", "{'metadata':{'name':'x'},'spec':{'template':@}}", "spec.template")]
    [InlineData("statefulsets", "apps", "{'metadata':{'name':'x'},'spec':{'template':@}}", "spec.template")]
    [InlineData("jobs", "batch", "{'metadata':{'name':'x'},'spec':{'template':@}}", "spec.template")]
    [InlineData("cronjobs", "batch", "{'metadata':{'name':'x'},'spec':{'jobTemplate':{'spec':{'template':@}}}}", "spec.jobTemplate.spec.template")]
    [InlineData("podtemplates", "", "{'metadata':{'name':'x'},'template':@}", "template")]
    public void Of_AnyKindWithATemplate_TellsWhereInIt(string plural, string group, string obj, string path)
    {
        var json = KindCase.With(obj, "{'metadata':{'annotations':{'container.apparmor.security.beta.kubernetes.io/c':'x'}},'spec':{'containers':[{'name':'c','image':'i','env':[{'name':'A'},{'name':'A'}]}]}}");

        Warnings(plural, group, json).ShouldBe(
            $"{path}.metadata.annotations[container.apparmor.security.beta.kubernetes.io/c]: deprecated since v1.30; use the \"appArmorProfile\" field instead\n"
            + $"{path}.spec.containers[0].env[1]: hides previous definition of \"A\", which may be dropped when using apply");
    }

    [Fact]
    public void Of_AChange_LooksAtTheTemplateOnlyIfWhatIsWantedChanges()
    {
        const string Odd = "{'metadata':{'name':'x','generation':@},'spec':{'template':{'spec':{'containers':[{'name':'c','image':'i','env':[{'name':'A'},{'name':'A'}]}]}}}}";

        Warnings("deployments", "apps", KindCase.With(Odd, "2"), KindCase.With(Odd, "2")).ShouldBe("");
        Warnings("deployments", "apps", KindCase.With(Odd, "3"), KindCase.With(Odd, "2")).ShouldNotBe("");
    }

    [Theory]
    [InlineData("'clusterIP':'None','clusterIPs':['None'],'externalIPs':['1.2.3.4'],'loadBalancerIP':'1.2.3.4','sessionAffinity':'ClientIP'",
        "spec.loadBalancerIP is ignored for headless services\nspec.externalIPs is ignored for headless services\nspec.SessionAffinity is ignored for headless services")]
    [InlineData("'externalName':'a.b'", "spec.externalName is ignored when spec.type is not \"ExternalName\"")]
    [InlineData("'externalIPs':['01.2.3.4']", "spec.externalIPs[0]: non-standard IP address \"01.2.3.4\" will be considered invalid in a future Kubernetes release: use \"1.2.3.4\"")]
    [InlineData("'externalIPs':['FD00::1']", "spec.externalIPs[0]: IPv6 address \"FD00::1\" should be in RFC 5952 canonical format (\"fd00::1\")")]
    [InlineData("'clusterIP':'::ffff:10.0.0.1'", "spec.clusterIPs[0]: non-standard IP address \"::ffff:10.0.0.1\" will be considered invalid in a future Kubernetes release: use \"10.0.0.1\"")]
    [InlineData("'loadBalancerSourceRanges':['10.0.0.1/8','fd00::0/8','010.0.0.0/8']",
        "spec.loadBalancerSourceRanges[0]: CIDR value \"10.0.0.1/8\" is ambiguous in this context (should be \"10.0.0.0/8\" or \"10.0.0.1/32\"?)\n"
        + "spec.loadBalancerSourceRanges[1]: IPv6 CIDR value \"fd00::0/8\" should be in RFC 5952 canonical format (\"fd00::/8\")\n"
        + "spec.loadBalancerSourceRanges[2]: non-standard CIDR value \"010.0.0.0/8\" will be considered invalid in a future Kubernetes release: use \"10.0.0.0/8\"")]
    [InlineData("'clusterIP':'10.0.0.1','externalIPs':['1.2.3.4']", "")]
    public void Of_AService_TellsWhatIsIgnoredAndWhatIsOddlyWritten(string fields, string expected) =>
        Warnings("services", "", KindCase.With("{'metadata':{'name':'s'},'spec':{@}}", fields)).ShouldBe(expected);

    [Theory]
    [InlineData("persistentvolumeclaims", "", "{'metadata':{'annotations':{'volume.beta.kubernetes.io/storage-class':'x'}},'spec':{'resources':{'requests':{'storage':'0.1'}}}}",
        "metadata.annotations[volume.beta.kubernetes.io/storage-class]: deprecated since v1.8; use \"storageClassName\" attribute instead\n"
        + "spec.resources.requests[storage]: fractional byte value \"100m\" is invalid, must be an integer")]
    [InlineData("persistentvolumes", "", "{'spec':{'persistentVolumeReclaimPolicy':'Recycle','cephfs':{'monitors':['m']}}}",
        "spec.persistentVolumeReclaimPolicy: The Recycle reclaim policy is deprecated. Instead, the recommended approach is to use dynamic provisioning.\n"
        + "spec.cephfs: deprecated in v1.28, non-functional in v1.31+")]
    [InlineData("ingresses", "networking.k8s.io", "{'metadata':{'annotations':{'kubernetes.io/ingress.class':'x'}}}", "annotation \"kubernetes.io/ingress.class\" is deprecated, please use 'spec.ingressClassName' instead")]
    [InlineData("nodes", "", "{'spec':{'externalID':'x'}}", "spec.externalID: this field is deprecated, and is unused by Kubernetes")]
    [InlineData("endpoints", "", "{'subsets':[{'addresses':[{'ip':'010.0.0.1'}]}]}", "subsets[0].addresses[0].ip: non-standard IP address \"010.0.0.1\" will be considered invalid in a future Kubernetes release: use \"10.0.0.1\"")]
    [InlineData("replicationcontrollers", "", "{'metadata':{'name':'a.b'},'spec':{}}",
        "metadata.name: this is used in Pod names and hostnames, which can result in surprising behavior; a DNS label is recommended: "
        + "[must not contain dots]")]
    public void Of_OtherKinds_TellsWhatIsDeprecated(string plural, string group, string json, string expected) =>
        Warnings(plural, group, json).ShouldBe(expected);

    [Fact]
    public void Of_APlainPod_SaysNothing() => Warnings("pods", "", Pod).ShouldBe("");

    [Fact]
    public void Of_AKindThatNothingActsOn_SaysSoOnceAtItsCreation()
    {
        const string Policy = "{'metadata':{'name':'p'}}";

        Of("networkpolicies", "networking.k8s.io", Policy, null).ShouldBe("networking.k8s.io/v1 NetworkPolicy is kept and checked, but nothing in this cluster acts on it yet");
        Of("networkpolicies", "networking.k8s.io", Policy, Policy).ShouldBe("");
    }

    [Fact]
    public void Readme_OfKindsThatNothingActsOn_ListsExactlyThose()
    {
        var listed = ListedKinds().Match(File.ReadAllText(Path.Combine(RepositoryFolder.Path, "README.md"))).Groups["kinds"].Value
            .Split([',', '\n', '.'], StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);

        listed.Order(StringComparer.Ordinal).ShouldBe(
            BuiltInKinds.Registry.All.Where(kind => !kind.IsActedOn).Select(kind => kind.Kind).Order(StringComparer.Ordinal));
    }

    [GeneratedRegex(@"nothing acts on them yet[^:]*:(?<kinds>[A-Za-z,\s]+)\.")]
    private static partial Regex ListedKinds();

    /// <summary>The warnings, without that nothing acts on the kind.</summary>
    private static string Warnings(string plural, string group, string json, string? current = null) =>
        string.Join('\n', Of(plural, group, json, current).Split('\n').Where(warning => !warning.EndsWith("acts on it yet", StringComparison.Ordinal)));

    private static string Of(string plural, string group, string json, string? current)
    {
        var kind = new KindCase(plural, group);
        var (obj, old) = (kind.Decode(json), current is null ? null : kind.Decode(current));
        kind.Definition.ApplyDefaults(obj);
        return string.Join('\n', kind.Definition.WarningsOf(obj, old));
    }
}
