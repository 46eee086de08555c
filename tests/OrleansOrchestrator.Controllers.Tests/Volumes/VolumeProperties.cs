using System.Text;
using CsCheck;
using OrleansOrchestrator.Controllers.Objects;
using OrleansOrchestrator.Controllers.Reconciling;
using OrleansOrchestrator.Controllers.Tests.Reconciling;
using OrleansOrchestrator.Kinds.Core.Volumes;
using OrleansOrchestrator.Kinds.Storage;
using OrleansOrchestrator.Model.Codec;
using OrleansOrchestrator.Model.Resources;

namespace OrleansOrchestrator.Controllers.Tests.Volumes;

public sealed class VolumeProperties
{
    private static readonly string[] Classes = ["", "manual", "local", "kept"];
    private static readonly string[] Sizes = ["1Gi", "2Gi", "3Gi"];

    private enum Step
    {
        AddClaim,
        AddVolume,
        Reconcile,

        /// <summary>A controller looks; what it wants is written later, when others have written too, or never.</summary>
        Observe,
        WriteObserved,
        SelectNode,
        DeleteClaim,
        DeleteVolume,
        UsePod,
        EndPod,
        CleanNode,

        /// <summary>An administrator changes what becomes of a volume.</summary>
        EditPolicy,

        /// <summary>An administrator frees a volume whose claim is gone, for any claim or for the next one of that name.</summary>
        Free,
    }

    private static readonly Gen<(Step Step, int Number, int Other)[]> Runs = Gen.Select(
        Any.Of(
            Step.AddClaim, Step.AddVolume, Step.Reconcile, Step.Reconcile, Step.Reconcile, Step.Observe, Step.Observe, Step.WriteObserved, Step.WriteObserved,
            Step.SelectNode, Step.DeleteClaim, Step.DeleteVolume, Step.UsePod, Step.EndPod, Step.CleanNode, Step.EditPolicy, Step.Free),
        Gen.Int[0, 1000], Gen.Int[0, 1000]).Array[0, 120];

    [Fact]
    public void AnyInterleaving_OneClaimPerVolumeAtAllTimes_AndEveryClaimIsBoundOrHasAReason() => Runs.Sample(
        steps =>
        {
            var run = new Run();
            foreach (var step in steps)
            {
                run.Do(step.Step, step.Number, step.Other);
                run.CheckAlways();
            }

            run.EndAsItShould();
        },
        iter: 400);

    [Fact]
    public void Reconcile_ShuffledLists_PlansTheSame() => Runs.Sample(
        steps =>
        {
            var run = new Run();
            foreach (var step in steps)
                run.Do(step.Step, step.Number, step.Other);
            foreach (var reconciler in VolumeModel.Reconcilers)
            {
                foreach (var key in run.Model.KeysOf(reconciler).ToList())
                {
                    var observed = run.Model.Cluster.Observe(reconciler, key);
                    var reversed = new Observation(
                        key, observed.Primary, reconciler.Relations.ToDictionary(relation => relation, relation => (IReadOnlyList<Controllers.Relations.RelatedObject>)[.. observed.Related(relation).Reverse()]), observed.Now);
                    PlanText.Of(reconciler.Reconcile(reversed)).ShouldBe(PlanText.Of(reconciler.Reconcile(observed)));
                }
            }
        },
        iter: 100);

    private sealed class Run
    {
        private readonly List<Plan> _observed = [];

        // The volumes whose folders must stay, and the folders that nodes have removed.
        private readonly HashSet<string> _kept = [];
        private readonly HashSet<string> _removed = [];
        private int _count;

        public Run()
        {
            Model.AddNode();
            Model.AddClass("manual", provisioner: StorageClasses.NoProvisioner);
            Model.AddClass("local", waits: true);
            Model.AddClass("kept", waits: true, policy: "Retain");
        }

        public VolumeModel Model { get; } = new();

        private IReadOnlyList<V1PersistentVolumeClaim> Claims => Model.Cluster.All<V1PersistentVolumeClaim>();

        private IReadOnlyList<V1PersistentVolume> Volumes => Model.Cluster.All<V1PersistentVolume>();

        private List<V1PersistentVolume> Provisioned => [.. Volumes.Where(volume => volume.Spec.Local is not null)];

        public void Do(Step step, int number, int other)
        {
            switch (step)
            {
                case Step.AddClaim when Model.FindClaim($"c{number % 6}") is null:
                    Model.AddClaim($"c{number % 6}", Sizes[other % 3], Classes[number % 4], change: claim => claim.Spec.VolumeName = other % 10 == 0 ? $"v{number % 5}" : null);
                    break;
                case Step.AddVolume:
                    var reserved = other % 4 == 0 ? new V1ObjectReference { NamespaceProperty = Samples.Namespace, Name = $"c{other % 6}" } : null;
                    if (Model.FindVolume($"v{number % 5}") is null)
                        Model.AddVolume($"v{number % 5}", Sizes[other % 3], Classes[number % 2], other % 2 == 0 ? "Retain" : "Delete", volume => volume.Spec.ClaimRef = reserved);
                    break;
                case Step.Reconcile when Pick(number, other) is var (reconciler, key):
                    Model.Cluster.Step(reconciler, key);
                    break;
                case Step.Observe when Pick(number, other) is var (reconciler, key):
                    _observed.Add(reconciler.Reconcile(Model.Cluster.Observe(reconciler, key)));
                    break;
                case Step.WriteObserved when _observed.Count > 0:
                    var plan = _observed[number % _observed.Count];
                    _observed.Remove(plan);
                    // A crash between two writes leaves the later ones out.
                    Model.Cluster.Apply(plan.Actions.Take(1 + (other % 2)));
                    break;
                case Step.SelectNode when Claims.Count > 0 && Claims[number % Claims.Count] is { IsOpen: true, IsDeleting: false } claim:
                    Model.SelectNode(claim.Metadata.Name);
                    break;
                case Step.DeleteClaim when Claims.Count > 0:
                    Model.Delete(Claims[number % Claims.Count]);
                    break;
                case Step.DeleteVolume when Volumes.Count > 0 && other % 3 == 0:
                    Model.Delete(Volumes[number % Volumes.Count]);
                    break;
                case Step.UsePod when Claims.Count > 0 && Claims[number % Claims.Count] is { Status.Phase: "Bound", IsDeleting: false } used:
                    Model.AddPod($"p{++_count}", used.Metadata.Name, VolumeModel.Node);
                    break;
                case Step.EndPod when Model.Cluster.All<V1Pod>() is { Count: > 0 } pods:
                    Model.Cluster.Remove(pods[number % pods.Count]);
                    break;
                case Step.CleanNode:
                    Clean();
                    break;
                case Step.EditPolicy when Provisioned is { Count: > 0 } provisioned:
                    Model.Change(provisioned[number % provisioned.Count], volume => volume.Spec.PersistentVolumeReclaimPolicy = other % 2 == 0 ? "Delete" : "Retain");
                    break;
                case Step.Free when Provisioned.Where(volume => volume.Status?.Phase == "Released" && HolderOf(volume) is null).ToList() is { Count: > 0 } released:
                    Model.Change(released[number % released.Count], volume =>
                    {
                        if (other % 2 == 0)
                            volume.Spec.ClaimRef = null;
                        else
                            volume.Spec.ClaimRef?.Uid = null;
                    });
                    break;
            }

            NoteKept();
        }

        public void CheckAlways()
        {
            var bound = Claims.Where(claim => claim.IsBindCompleted).ToList();
            bound.Select(claim => claim.Spec.VolumeName).ShouldBeUnique();
            foreach (var claim in bound.Where(claim => claim.Status.Phase == "Bound"))
                Model.FindVolume(claim.Spec.VolumeName).ShouldNotBeNull().Spec.ClaimRef.Uid.ShouldBe(claim.Metadata.Uid);
            // What a pod uses stays.
            foreach (var pod in Model.Cluster.All<V1Pod>())
                Model.FindClaim(pod.Spec.Volumes[0].PersistentVolumeClaim.ClaimName).ShouldNotBeNull();
            _removed.Intersect(_kept).ShouldBeEmpty();
            _removed.Intersect(Volumes.Where(volume => volume.Status?.Phase == "Bound").Select(volume => volume.Spec.Local?.Path)).ShouldBeEmpty();
        }

        public void EndAsItShould()
        {
            Model.Settle();
            Clean();
            Model.Settle();
            CheckAlways();
            foreach (var claim in Claims)
            {
                Model.Cluster.Events.Clear();
                Model.Cluster.Step(VolumeModel.Reconcilers[0], claim.Key);
                Model.Cluster.Step(VolumeModel.Reconcilers[5], claim.Key);
                if (claim.Status.Phase == "Bound")
                    continue;
                claim.Status.Phase.ShouldBe("Pending");
                (claim.IsDeleting || Model.Cluster.Events.Count > 0).ShouldBeTrue($"{claim.Key} waits without a reason");
                if (!claim.IsOpen)
                    continue;
                var fitting = Classes.Take(2).Contains(claim.ClassName) ? VolumeMatching.FindBest(claim, Volumes) : null;
                (claim.IsDeleting || fitting is null).ShouldBeTrue($"{claim.Key} waits beside {fitting?.Metadata.Name}");
            }

            foreach (var volume in Volumes)
            {
                var holder = Claims.SingleOrDefault(claim => claim.Metadata.Uid == volume.Spec.ClaimRef?.Uid);
                var expected = volume.Spec.ClaimRef?.Uid is null or "" ? "Available" : holder is null ? volume.Spec.PersistentVolumeReclaimPolicy == "Retain" ? "Released" : "Failed" : "Bound";
                (volume.Status?.Phase).ShouldBe(expected, $"{TextOf(volume)} of {(holder is null ? "nobody" : TextOf(holder))}");
                (volume.IsDeleting && holder is null).ShouldBeFalse($"{volume.Metadata.Name} is held by nothing");
            }
        }

        private static string TextOf<T>(T obj)
            where T : class, KubeObject => Encoding.UTF8.GetString(ObjectCodec.Encode(obj));

        private V1PersistentVolumeClaim? HolderOf(V1PersistentVolume volume) =>
            Claims.SingleOrDefault(claim => claim.Metadata.Uid == volume.Spec.ClaimRef?.Uid && (claim.IsOpen || claim.Spec.VolumeName == volume.Metadata.Name));

        /// <summary>What keeps its data, and what no claim has lost since it was freed.</summary>
        private void NoteKept()
        {
            foreach (var volume in Provisioned)
            {
                var loses = volume.Spec.PersistentVolumeReclaimPolicy == "Delete" && volume.Spec.ClaimRef?.Uid is { Length: > 0 } && HolderOf(volume) is null;
                if (loses)
                    _kept.Remove(volume.Spec.Local.Path);
                else if (!_removed.Contains(volume.Spec.Local.Path))
                    _kept.Add(volume.Spec.Local.Path);
            }
        }

        private void Clean()
        {
            NoteKept();
            _removed.UnionWith(Model.CleanNode());
        }

        private (IReconciler Reconciler, ObjectKey Key)? Pick(int number, int other)
        {
            var reconciler = VolumeModel.Reconcilers[number % VolumeModel.Reconcilers.Length];
            var keys = Model.KeysOf(reconciler).ToList();
            return keys.Count == 0 ? null : (reconciler, keys[other % keys.Count]);
        }
    }
}
