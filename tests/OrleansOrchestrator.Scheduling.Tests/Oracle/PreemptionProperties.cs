using CsCheck;
using k8s.Models;
using OrleansOrchestrator.Scheduling.Framework;
using OrleansOrchestrator.Scheduling.Tests.Building;

namespace OrleansOrchestrator.Scheduling.Tests.Oracle;

/// <summary>Compares preemption with one that is written as plainly as Kubernetes' rules can be said, on small random clusters.</summary>
public sealed class PreemptionProperties
{
    private static readonly DateTime Start = new(2030, 1, 1, 0, 0, 0, DateTimeKind.Utc);

    private static readonly Gen<Story> Stories = Gen.Select(
        Gen.Int[1, 6].SelectMany(count => Many(count, RandomCluster.Node)),
        Gen.Int[1, 24].SelectMany(count => Many(count, RunningPod)),
        Gen.Int[0, 3].SelectMany(count => Many(count, Budget)),
        Gen.Int[0, 2].SelectMany(count => Many(count, index => Waiting($"w{index}"))),
        Waiting("high"),
        Gen.Int[0, 100],
        (nodes, running, budgets, nominated, pod, seed) => new Story(nodes, running, budgets, nominated, pod, seed));

    [Fact]
    public void Preempt_RandomCluster_ChoosesTheVictimsOfThePlainRules() => Stories.Sample(story =>
    {
        var harness = new Harness(story.Nodes);
        var running = Place(story);
        var nominated = Nominate(story);
        foreach (var pod in running.Values.SelectMany(pods => pods).Concat(nominated))
            harness.Cache.SetPod(pod);
        if (harness.Schedule(story.Pod) is not Unschedulable)
            return;

        var outcome = harness.Preempt(story.Pod, story.Budgets).Outcome;

        var best = Best(story, running, nominated);
        if (best.Count == 0)
        {
            outcome.NodeName.ShouldBeNull();
            return;
        }

        var expected = best.SingleOrDefault(candidate => candidate.Node == outcome.NodeName).ShouldNotBeNull($"{outcome.NodeName} is none of {string.Join(", ", best.Select(candidate => candidate.Node))}");
        outcome.Victims.Select(victim => victim.Name).ShouldBe(expected.Victims.Select(victim => victim.Metadata.Name));
        outcome.Outbid.Select(other => other.Name).Order().ShouldBe(nominated
            .Where(other => other.Status.NominatedNodeName == outcome.NodeName && other.Spec.Priority < story.Pod.Spec.Priority)
            .Select(other => other.Metadata.Name).Order());
    }, iter: 4_000);

    /// <summary>The nodes that no other is better than.</summary>
    private static List<Candidate> Best(Story story, Dictionary<string, List<V1Pod>> running, List<V1Pod> nominated)
    {
        var candidates = story.Nodes.Select(node => Candidates(story, node, running[node.Metadata.Name], nominated)).OfType<Candidate>().ToList();
        foreach (var measure in new Func<Candidate, decimal>[]
        {
            candidate => candidate.Violations,
            candidate => candidate.Victims.Max(Priority),
            candidate => candidate.Victims.Sum(victim => Priority(victim) + 2147483648m),
            candidate => candidate.Victims.Count,
            candidate => -candidate.Victims.Where(victim => Priority(victim) == candidate.Victims.Max(Priority)).Min(victim => Started(victim).Ticks),
        })
        {
            var least = candidates.Count == 0 ? 0 : candidates.Min(measure);
            candidates.RemoveAll(candidate => measure(candidate) != least);
        }

        return candidates;
    }

    private static Candidate? Candidates(Story story, V1Node node, List<V1Pod> onNode, List<V1Pod> nominated)
    {
        var expected = nominated.Where(other => other.Status.NominatedNodeName == node.Metadata.Name && Priority(other) >= Priority(story.Pod));
        var stay = onNode.Where(other => Priority(other) >= Priority(story.Pod)).Concat(expected).ToList();
        var lower = onNode.Where(other => Priority(other) < Priority(story.Pod)).OrderByDescending(Priority).ThenBy(Started).ToList();
        if (lower.Count == 0 || !NaiveFilter.Fits(story.Pod, node, stay))
            return null;

        // Pods whose eviction a budget forbids are spared before others.
        var violating = lower.Where((_, i) => Violates(story.Budgets, lower, i)).ToList();
        var victims = new HashSet<V1Pod>();
        foreach (var pod in violating.Concat(lower.Except(violating)))
        {
            if (NaiveFilter.Fits(story.Pod, node, [.. stay, pod]))
                stay.Add(pod);
            else
                victims.Add(pod);
        }

        return victims.Count == 0 ? null : new Candidate(node.Metadata.Name, [.. lower.Where(victims.Contains)], violating.Count(victims.Contains));
    }

    /// <summary>Whether a budget is used up by those that are evicted before a pod.</summary>
    private static bool Violates(V1PodDisruptionBudget[] budgets, List<V1Pod> victims, int index) => budgets.Any(budget =>
        Protects(budget, victims[index]) && victims.Take(index + 1).Count(victim => Protects(budget, victim)) > budget.Status.DisruptionsAllowed);

    private static bool Protects(V1PodDisruptionBudget budget, V1Pod pod) =>
        budget.Spec.Selector.MatchLabels.All(pair => pod.Metadata.Labels.TryGetValue(pair.Key, out var value) && value == pair.Value)
        && budget.Status.DisruptedPods?.ContainsKey(pod.Metadata.Name) is not true;

    /// <summary>Puts each running pod on the node that it names if there is room.</summary>
    private static Dictionary<string, List<V1Pod>> Place(Story story)
    {
        var running = story.Nodes.ToDictionary(node => node.Metadata.Name, _ => new List<V1Pod>());
        foreach (var pod in story.Running)
        {
            var node = story.Nodes[int.Parse(pod.Spec.NodeName, System.Globalization.CultureInfo.InvariantCulture) % story.Nodes.Length];
            if (!NaiveFilter.Fits(pod, node, running[node.Metadata.Name]))
                continue;
            running[node.Metadata.Name].Add(pod.On(node.Metadata.Name));
        }

        return running;
    }

    private static List<V1Pod> Nominate(Story story)
    {
        for (var i = 0; i < story.Nominated.Length; i++)
            story.Nominated[i].Status.NominatedNodeName = story.Nodes[(story.Seed + i) % story.Nodes.Length].Metadata.Name;
        return [.. story.Nominated];
    }

    private static Gen<V1Pod> RunningPod(int index) =>
        Gen.Select(RandomCluster.Pod(index), Gen.Int[0, 5], Gen.Int[0, 4], Gen.Int[0, 3], (pod, node, priority, started) =>
        {
            pod.Status.StartTime = Start.AddMinutes(started);
            return pod.WithPriority(priority - 1).On($"{node}");
        });

    private static Gen<V1Pod> Waiting(string name) => Gen.Select(RandomCluster.Pod(100), Gen.Int[0, 5], (pod, priority) =>
    {
        (pod.Metadata.Name, pod.Metadata.Uid) = (name, $"uid-{name}");
        return pod.WithPriority(priority);
    });

    private static Gen<V1PodDisruptionBudget> Budget(int index) => Gen.Select(Gen.Int[0, 5], Gen.Int[0, 2], Gen.Int[-8, 23], (app, allowed, disrupted) => new V1PodDisruptionBudget
    {
        Metadata = new V1ObjectMeta { Name = $"b{index}", NamespaceProperty = "default" },
        Spec = new V1PodDisruptionBudgetSpec { Selector = new V1LabelSelector { MatchLabels = new Dictionary<string, string> { ["app"] = $"{app}" } } },
        Status = new V1PodDisruptionBudgetStatus
        {
            DisruptionsAllowed = allowed,
            DisruptedPods = disrupted < 0 ? null : new Dictionary<string, DateTime?> { [$"p{disrupted}"] = Start },
        },
    });

    private static Gen<T[]> Many<T>(int count, Func<int, Gen<T>> one) =>
        Enumerable.Range(0, count).Aggregate(Gen.Const(Array.Empty<T>()), (some, index) => Gen.Select(some, one(index), (before, next) => (T[])[.. before, next]));

    private static int Priority(V1Pod pod) => pod.Spec.Priority ?? 0;

    private static DateTime Started(V1Pod pod) => pod.Status.StartTime!.Value;

    private sealed record Story(V1Node[] Nodes, V1Pod[] Running, V1PodDisruptionBudget[] Budgets, V1Pod[] Nominated, V1Pod Pod, int Seed);

    private sealed record Candidate(string Node, List<V1Pod> Victims, int Violations);
}
