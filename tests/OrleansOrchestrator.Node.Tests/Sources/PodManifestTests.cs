using System.Text;
using OrleansOrchestrator.Model.Codec;
using OrleansOrchestrator.Node.Sources;

namespace OrleansOrchestrator.Node.Tests.Sources;

public class PodManifestTests
{
    private const string Minimal = "apiVersion: v1\nkind: Pod\nmetadata:\n  name: web\nspec:\n  containers:\n  - {name: main, image: 'i:1'}\n";

    [Fact]
    public void Manifest_OfAFile_BecomesAPodOfThisNode()
    {
        var read = Read(Minimal);

        (read.Origin, read.Key.ToString()).ShouldBe(("/manifests/web.yaml", "default/web-worker-1"));
        read.Uid.ShouldMatch("^[0-9a-f]{32}$");
        var pod = read.Pod;
        pod.Spec.NodeName.ShouldBe("worker-1");
        pod.Metadata.Annotations["kubernetes.io/config.hash"].ShouldBe(read.Uid);
        pod.Metadata.Annotations["kubernetes.io/config.source"].ShouldBe("file");
        pod.Metadata.Annotations.ShouldNotContainKey("kubernetes.io/config.mirror");
        var toleration = pod.Spec.Tolerations.ShouldHaveSingleItem();
        (toleration.OperatorProperty, toleration.Effect, toleration.Key).ShouldBe(("Exists", "NoExecute", null));
        (pod.Spec.RestartPolicy, pod.Spec.TerminationGracePeriodSeconds, pod.Spec.ServiceAccountName).ShouldBe(("Always", 30, null));
        (pod.Status.Phase, pod.Status.QosClass).ShouldBe(("Pending", "BestEffort"));
    }

    [Fact]
    public void Uid_OfTheSameWordsInTheSamePlace_IsTheSame()
    {
        var uid = Read(Minimal).Uid;

        Read("# a comment\n" + Minimal.Replace("{name: main, image: 'i:1'}", "image: i:1\n    name: main", StringComparison.Ordinal)).Uid.ShouldBe(uid);
        Read("""{"kind":"Pod","apiVersion":"v1","metadata":{"name":"web"},"spec":{"containers":[{"name":"main","image":"i:1"}]}}""").Uid.ShouldBe(uid);
        Read(Minimal.Replace("i:1", "i:2", StringComparison.Ordinal)).Uid.ShouldNotBe(uid);
        Read(Minimal, file: "/manifests/other.yaml").Uid.ShouldNotBe(uid);
        Read(Minimal, node: "worker-2").Uid.ShouldNotBe(uid);
    }

    [Fact]
    public void Manifest_WithItsOwnNames_KeepsThem()
    {
        var read = Read(Minimal.Replace("name: web", "name: web\n  namespace: kube-system\n  uid: my-uid", StringComparison.Ordinal));

        (read.Uid, read.Key.ToString()).ShouldBe(("my-uid", "kube-system/web-worker-1"));
        read.Pod.Metadata.Annotations["kubernetes.io/config.hash"].ShouldBe("my-uid");
    }

    [Fact]
    public void Manifest_ThatSaysWhatOnlyTheApiCanSay_IsAPodWithoutIt()
    {
        var pod = Read(Minimal.Replace(
            "name: web",
            "name: web\n  finalizers: [a/b]\n  ownerReferences: [{apiVersion: v1, kind: Node, name: node, uid: u}]\n  resourceVersion: '5'\n  annotations: {kubernetes.io/config.mirror: x, kubernetes.io/config.source: api}",
            StringComparison.Ordinal)).Pod;

        (pod.Metadata.Finalizers, pod.Metadata.OwnerReferences, pod.Metadata.ResourceVersion).ShouldBe((null, null, null));
        pod.Metadata.Annotations.Keys.Order(StringComparer.Ordinal).ShouldBe(["kubernetes.io/config.hash", "kubernetes.io/config.source"]);
        pod.Metadata.Annotations["kubernetes.io/config.source"].ShouldBe("file");
    }

    [Theory]
    [InlineData("system-node-critical", 2_000_001_000)]
    [InlineData("system-cluster-critical", 2_000_000_000)]
    [InlineData("mine", null)]
    public void Priority_OfTheSystemsClasses_IsKnownWithoutTheApi(string name, int? priority) =>
        Read(Minimal + $"  priorityClassName: {name}\n").Pod.Spec.Priority.ShouldBe(priority);

    [Theory]
    [InlineData("", "it is empty")]
    [InlineData("[]", "it is no object")]
    [InlineData(Minimal + "---\n" + Minimal, "it has 2 documents, and a manifest has one pod")]
    [InlineData("a: [", null)]
    [InlineData("kind: Service\napiVersion: v1\nmetadata: {name: a}\n", "invalid pod: it is a Service of v1")]
    [InlineData("kind: Pod\napiVersion: v2\nmetadata: {name: a}\n", "invalid pod: it is a Pod of v2")]
    [InlineData("kind: Pod\napiVersion: v1\nspec: {}\n", "invalid pod: name is needed for the pod")]
    [InlineData("kind: Pod\napiVersion: v1\nmetadata: {name: a}\n", "invalid pod: spec.containers: Required value")]
    [InlineData("kind: Pod\napiVersion: v1\nmetadata: {name: a, uid: ../../etc}\n", "invalid pod: metadata.uid: \"../../etc\" must consist of at most 63 letters, digits and '-'")]
    [InlineData("kind: Pod\napiVersion: v1\nmetadata: {name: a}\nspec: {containers: [{name: A, image: i}], restartPolicy: X}\n", null)]
    [InlineData("kind: Pod\napiVersion: v1\nmetadata: {name: a}\nspec: {containers: 5}\n", null)]
    public void Manifest_OfNoValidPod_IsRefusedWithAReason(string manifest, string? reason)
    {
        var fault = Should.Throw<FormatException>(() => Read(manifest));

        if (reason is not null)
            fault.Message.ShouldBe(reason);
    }

    [Theory]
    [InlineData("serviceAccountName: a", "serviceaccounts")]
    [InlineData("imagePullSecrets: [{name: a}]", "secrets")]
    [InlineData("volumes: [{name: v, secret: {secretName: a}}]", "secrets")]
    [InlineData("volumes: [{name: v, projected: {sources: [{secret: {name: a}}]}}]", "secrets")]
    [InlineData("volumes: [{name: v, configMap: {name: a}}]", "configmaps")]
    [InlineData("volumes: [{name: v, projected: {sources: [{configMap: {name: a}}]}}]", "configmaps")]
    [InlineData("initContainers: [{name: i, image: i, env: [{name: A, valueFrom: {secretKeyRef: {name: a, key: b}}}]}]", "secrets")]
    [InlineData("initContainers: [{name: i, image: i, envFrom: [{configMapRef: {name: a}}]}]", "configmaps")]
    [InlineData("resourceClaims: [{name: a}]", "resourceclaims")]
    [InlineData("volumes: [{name: v, persistentVolumeClaim: {claimName: a}}]", "persistentvolumeclaims")]
    [InlineData("volumes: [{name: v, ephemeral: {volumeClaimTemplate: {spec: {}}}}]", "persistentvolumeclaims (via ephemeral volumes)")]
    [InlineData("volumes: [{name: v, csi: {driver: d}}]", "csidrivers (via CSI volumes)")]
    [InlineData("volumes: [{name: v, projected: {sources: [{serviceAccountToken: {path: a}}]}}]", "serviceaccounts (via projected volumes)")]
    [InlineData("volumes: [{name: v, projected: {sources: [{clusterTrustBundle: {name: a, path: a}}]}}]", "clustertrustbundles")]
    public void Manifest_ThatRefersToTheApi_IsRefused(string field, string what) =>
        Should.Throw<FormatException>(() => Read(Minimal + $"  {field}\n")).Message.ShouldBe($"static pods may not reference {what}");

    [Theory]
    [InlineData("volumes: [{name: v, emptyDir: {}}, {name: w, hostPath: {path: /etc}}]")]
    [InlineData("volumes: [{name: v, projected: {sources: [{downwardAPI: {items: [{path: a, fieldRef: {fieldPath: metadata.name}}]}}]}}]")]
    [InlineData("volumes: [{name: v, downwardAPI: {items: [{path: a, fieldRef: {fieldPath: metadata.name}}]}}]")]
    public void Manifest_WithVolumesOfItsOwn_IsRead(string field) => Read(Minimal + $"  {field}\n").Key.Name.ShouldBe("web-worker-1");

    [Fact]
    public void Url_AnswersWithAPodOrAList()
    {
        var one = PodManifest.ReadUrl(Encoding.UTF8.GetBytes(Minimal), "http://host/pods", "n").ShouldHaveSingleItem();
        one.Pod.Metadata.Annotations["kubernetes.io/config.source"].ShouldBe("http");

        var list = $"kind: PodList\napiVersion: v1\nitems:\n- {Encoding.UTF8.GetString(ObjectCodec.Encode(one.Pod))}\n- {{metadata: {{name: b}}, spec: {{containers: [{{name: c, image: i}}]}}}}\n";
        PodManifest.ReadUrl(Encoding.UTF8.GetBytes(list), "http://host/pods", "n").Select(pod => pod.Key.Name).ShouldBe(["web-n-n", "b-n"]);
        PodManifest.ReadUrl("{kind: PodList, items: []}"u8, "http://host/pods", "n").ShouldBeEmpty();
    }

    private static StaticPod Read(string manifest, string file = "/manifests/web.yaml", string node = "worker-1") =>
        PodManifest.ReadFile(Encoding.UTF8.GetBytes(manifest), file, node);
}
