using System.Text;
using CsCheck;
using k8s.Models;
using OrleansOrchestrator.Kinds;
using OrleansOrchestrator.Model.Codec;
using OrleansOrchestrator.Model.Resources;
using OrleansOrchestrator.Model.Selectors;

namespace OrleansOrchestrator.Model.Tests.Resources;

public class ObjectHeaderTests
{
    private static readonly ResourceDefinition Pods = BuiltInKinds.Registry[WellKnownResources.Pods];

    // Text that JSON escapes, that is not ASCII, and that is empty.
    private static readonly Gen<string> Text = Gen.OneOf("", "a", "web-1", "\"quoted\"", "back\\slash", "grün", "line\nbreak", "spec.nodeName");

    private static readonly Gen<IDictionary<string, string>?> Labels =
        Gen.Dictionary(Text, Text)[0, 4].Select(map => map.Count == 0 ? null : (IDictionary<string, string>?)map);

    private static readonly Gen<V1OwnerReference> Owner = Gen.Select(Text, Gen.Bool,
        (uid, isController) => new V1OwnerReference { ApiVersion = "v1", Kind = "K", Name = "n", Uid = uid, Controller = isController ? true : null });

    private static readonly Gen<V1ObjectMeta> Meta = Gen.Select(Text, Text, Text, Labels, Owner.List[0, 2], Gen.Bool, Gen.Bool,
        (ns, name, uid, labels, owners, isDeleting, isHeld) => new V1ObjectMeta
        {
            NamespaceProperty = ns,
            Name = name,
            Uid = uid,
            Labels = labels,
            Annotations = labels,
            OwnerReferences = owners.Count == 0 ? null : owners.GroupBy(owner => owner.Controller).Select(group => group.First()).ToList(),
            DeletionTimestamp = isDeleting ? new DateTime(2026, 1, 1, 0, 0, 0, DateTimeKind.Utc) : null,
            Finalizers = isHeld ? ["example.com/x"] : null,
        });

    private static readonly Gen<V1Pod> Pod = Gen.Select(Meta, Text, Text, Gen.Bool, Text, Text,
        (meta, node, account, hostNetwork, phase, address) => new V1Pod
        {
            Metadata = meta,
            Spec = new V1PodSpec
            {
                NodeName = node.Length == 0 ? null : node,
                ServiceAccountName = account,
                HostNetwork = hostNetwork ? true : null,
                NodeSelector = new Dictionary<string, string> { ["nodeName"] = "decoy" },
                Containers = [new V1Container { Name = "phase", Image = "i" }],
            },
            Status = phase.Length == 0 ? null : new V1PodStatus { Phase = phase, PodIP = address },
        });

    [Fact]
    public void Header_OfAnyPod_AgreesWithTheWholeObject() => Gen.Select(Pod, Gen.Long[1, long.MaxValue]).Sample((pod, revision) =>
    {
        var header = StoredObject.Read(Pods, RevisionSplice.Set(Pods.Encode(pod), revision));
        var whole = (V1Pod)header.Decode();

        header.Key.ShouldBe(new ObjectKey(whole.Metadata.NamespaceProperty ?? "", whole.Metadata.Name ?? ""));
        header.Uid.ShouldBe(whole.Metadata.Uid ?? "");
        header.Revision.ShouldBe(revision);
        whole.Metadata.ResourceVersion.ShouldBe(revision.ToString(System.Globalization.CultureInfo.InvariantCulture));
        header.Labels.ShouldBe(LabelSet.From(whole.Metadata.Labels));
        header.OwnerUids.ShouldBe((whole.Metadata.OwnerReferences ?? []).Select(owner => owner.Uid));
        header.ControllerUid.ShouldBe(whole.Metadata.OwnerReferences?.FirstOrDefault(owner => owner.Controller == true)?.Uid);
        header.IsDeleting.ShouldBe(whole.Metadata.DeletionTimestamp is not null);
        header.HasFinalizers.ShouldBe(whole.Metadata.Finalizers is { Count: > 0 });
        header.Field("spec.nodeName").ShouldBe(whole.Spec.NodeName ?? "");
        header.Field("spec.serviceAccountName").ShouldBe(whole.Spec.ServiceAccountName ?? "");
        header.Field("spec.hostNetwork").ShouldBe(whole.Spec.HostNetwork == true ? "true" : "false");
        header.Field("status.phase").ShouldBe(whole.Status?.Phase ?? "");
        header.Field("status.podIP").ShouldBe(whole.Status?.PodIP ?? "");
        header.Field("status.nominatedNodeName").ShouldBe("");
    });

    [Theory]
    [InlineData("{\"metadata\":null,\"spec\":{\"nodeName\":\"n\"}}", "", "n")]
    [InlineData("{\"metadata\":{\"labels\":null,\"ownerReferences\":null,\"finalizers\":null,\"name\":\"p\"},\"spec\":null}", "p", "")]
    [InlineData("{\"spec\":{\"nodeName\":{\"x\":[1,2]},\"containers\":[{\"nodeName\":\"decoy\"}]},\"metadata\":{\"name\":\"p\"}}", "p", "")]
    [InlineData("{\"spec\":[{\"nodeName\":\"decoy\"}],\"metadata\":{\"name\":\"p\"}}", "p", "")]
    [InlineData("{\"spec\":{\"nodeName\":7},\"metadata\":{\"name\":\"p\"}}", "p", "7")]
    public void Header_OfOddObjects_IsReadAsFarAsItGoes(string json, string name, string nodeName)
    {
        var header = StoredObject.Read(Pods, Encoding.UTF8.GetBytes(json));

        header.Key.Name.ShouldBe(name);
        header.Field("spec.nodeName").ShouldBe(nodeName);
        header.HasFinalizers.ShouldBeFalse();
    }

    [Fact]
    public void Field_OfAnotherPath_IsReadFromThere()
    {
        var events = BuiltInKinds.Registry[WellKnownResources.Events];

        var header = StoredObject.Read(events, "{\"metadata\":{\"name\":\"e\"},\"source\":{\"component\":\"kubelet\"},\"involvedObject\":{\"name\":\"p\"}}"u8.ToArray());

        header.Field("source").ShouldBe("kubelet");
        header.Field("involvedObject.name").ShouldBe("p");
        header.Field("nonsense").ShouldBeNull();
    }
}
