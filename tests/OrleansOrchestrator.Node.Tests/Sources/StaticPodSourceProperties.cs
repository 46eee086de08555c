using System.Text;
using CsCheck;
using k8s;
using k8s.Models;
using Microsoft.Extensions.Logging.Abstractions;
using OrleansOrchestrator.Node.Api;
using OrleansOrchestrator.Node.Sources;

namespace OrleansOrchestrator.Node.Tests.Sources;

/// <summary>Manifests that come, change and go, while pods take any time to end.</summary>
public sealed class StaticPodSourceProperties
{
    private static readonly Gen<Step> Steps = Gen.OneOf(
        Gen.Select(Gen.Int[0, 2], Gen.Int[0, 3], Gen.Int[0, 1], (file, version, name) => (Step)new Write(file, version, $"p{name}")),
        Gen.Int[0, 2].Select(file => (Step)new Erase(file)),
        Gen.Int[0, 5].Select(pod => (Step)new Finish(pod)),
        Gen.Int[0, 5].Select(pod => (Step)new Leave(pod)));

    [Fact]
    public void Pods_WhateverHappensToManifests_HaveTheirNamesAloneAndAreThoseOfTheManifestsInTheEnd() => Steps.Array[0, 40].Sample(
        steps =>
        {
            using var world = new World();
            foreach (var step in steps)
            {
                world.Take(step);
                world.CheckNames();
            }

            world.Settle();
            world.Running.ShouldBe(world.Wanted, ignoreOrder: true);
        },
        iter: 2_000);

    private abstract record Step;

    private sealed record Write(int File, int Version, string Name) : Step;

    private sealed record Erase(int File) : Step;

    /// <summary>A worker has ended its pod.</summary>
    private sealed record Finish(int Pod) : Step;

    /// <summary>A worker has removed all of its pod.</summary>
    private sealed record Leave(int Pod) : Step;

    /// <summary>The source among a folder of three files and workers that do nothing by themselves.</summary>
    private sealed class World : IManifests, IObjectSink<V1Pod>, IDisposable
    {
        private readonly SortedDictionary<int, StaticPod> _files = [];
        private readonly List<V1Pod> _workers = [];
        private readonly List<string> _leaving = [];
        private readonly ClusterConnection _api = ClusterConnection.Open(new KubernetesClientConfiguration { Host = "http://127.0.0.1:9" });
        private readonly StaticPodSource _source;
        private Action<IReadOnlyCollection<StaticPod>>? _found;

        public World()
        {
            var mirrors = new MirrorPods(_api, "n", TimeProvider.System, NullLogger.Instance);
            _source = new StaticPodSource([this], new StaticPodRecords(null, NullLogger.Instance), mirrors, TimeProvider.System, NullLogger.Instance);
            _source.Begin(this, new HashSet<string>());
            _source.RunAsync(CancellationToken.None).IsCompleted.ShouldBeTrue();
            Tell();
        }

        public IEnumerable<string> Running => _workers.Where(pod => pod.Metadata.DeletionTimestamp is null).Select(Describe);

        /// <summary>One pod of each name. Of several manifests of one name the one that runs keeps it.</summary>
        public IEnumerable<string> Wanted => _files.Values.GroupBy(pod => pod.Key)
            .Select(same => Describe(same.FirstOrDefault(pod => Running.Contains(Describe(pod.Pod)))?.Pod ?? same.First().Pod));

        public bool IsOrigin(string origin) => true;

        public Task RunAsync(IReadOnlyCollection<StaticPod> read, Action<IReadOnlyCollection<StaticPod>> found, CancellationToken cancellationToken)
        {
            _found = found;
            return Task.CompletedTask;
        }

        public void Take(Step step)
        {
            switch (step)
            {
                case Write write:
                    var manifest = $"metadata: {{name: {write.Name}}}\nspec: {{containers: [{{name: c, image: 'i:{write.Version}'}}]}}";
                    _files[write.File] = PodManifest.ReadFile(Encoding.UTF8.GetBytes(manifest), $"/m/{write.File}", "n");
                    Tell();
                    break;
                case Erase erase:
                    _files.Remove(erase.File);
                    Tell();
                    break;
                case Finish finish when _workers.Where(pod => pod.Metadata.DeletionTimestamp is not null).ElementAtOrDefault(finish.Pod) is { } ended:
                    _source.RemoveAsync(ended, CancellationToken.None).IsCompletedSuccessfully.ShouldBeTrue();
                    break;
                case Leave leave when _leaving.ElementAtOrDefault(leave.Pod) is { } gone:
                    _leaving.Remove(gone);
                    _source.Ended(gone);
                    break;
            }
        }

        public void CheckNames()
        {
            _workers.Select(pod => pod.Metadata.Name).ShouldBeUnique();

            // A worker that is about to go is given no pod.
            _workers.Select(pod => pod.Metadata.Uid).Intersect(_leaving).ShouldBeEmpty();
        }

        public void Settle()
        {
            for (var round = 0; round < 10; round++)
            {
                Take(new Finish(0));
                Take(new Leave(0));
            }
        }

        public void Replace(IReadOnlyCollection<V1Pod> objects) => objects.Select(Describe).ShouldBe(_workers.Select(Describe), ignoreOrder: true);

        public void Upsert(V1Pod obj)
        {
            _workers.RemoveAll(pod => pod.Metadata.Uid == obj.Metadata.Uid);
            _workers.Add(obj);
        }

        public void Delete(V1Pod obj)
        {
            _workers.RemoveAll(pod => pod.Metadata.Uid == obj.Metadata.Uid).ShouldBe(1);
            _leaving.Add(obj.Metadata.Uid);
        }

        public void Dispose() => _api.Dispose();

        private void Tell() => _found!([.. _files.Values]);

        private static string Describe(V1Pod pod) => $"{pod.Metadata.Name} {pod.Metadata.Uid}";
    }
}
