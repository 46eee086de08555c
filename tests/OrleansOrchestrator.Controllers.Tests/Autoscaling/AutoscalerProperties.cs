using CsCheck;
using OrleansOrchestrator.Controllers.Tests.Reconciling;
using OrleansOrchestrator.Model.Resources;

namespace OrleansOrchestrator.Controllers.Tests.Autoscaling;

public sealed class AutoscalerProperties
{
    private const int Min = 2;
    private const int Max = 40;

    private static readonly ObjectKey Key = new(Samples.Namespace, AutoscalerModel.Name);

    private static readonly Gen<V2HPAScalingPolicy> Policies = Gen.Select(Any.Of("Pods", "Percent"), Gen.Int[1, 150], Any.Of(15, 30, 60, 120), (type, value, seconds) =>
        new V2HPAScalingPolicy { Type = type, Value = value, PeriodSeconds = seconds });

    private static readonly Gen<V2HPAScalingRules> Rules = Gen.Select(Policies.Array[1, 3], Any.Of("Max", "Min", "Disabled"), Any.Of(0, 30, 60), (policies, select, window) =>
        new V2HPAScalingRules { Policies = policies, SelectPolicy = select, StabilizationWindowSeconds = window });

    private static readonly Gen<V2HorizontalPodAutoscalerBehavior?> Behaviors = Gen.OneOf(
        Gen.Const((V2HorizontalPodAutoscalerBehavior?)null),
        Gen.Select(Rules, Rules, (up, down) => (V2HorizontalPodAutoscalerBehavior?)new V2HorizontalPodAutoscalerBehavior { ScaleUp = up, ScaleDown = down }));

    /// <summary>What happens next: a load of the whole target, a time that passes, and where the controller is interrupted.</summary>
    private static readonly Gen<(int Load, int Seconds, Crash Crash)> Steps = Gen.Select(Gen.Int[1, 20_000], Gen.Int[1, 90], Gen.Int[0, (int)Crash.BeforeStatus].Select(at => (Crash)at));

    private enum Crash
    {
        None,
        BeforeMemory,
        BeforeActions,
        BeforeStatus,
    }

    [Fact]
    public void Replicas_AnyLoadsAndCrashes_StayWithinTheBounds() => Gen.Select(Behaviors, Gen.Int[Min, Max], Steps.Array[1, 25]).Sample((behavior, replicas, steps) =>
    {
        var model = Start(behavior, replicas);
        foreach (var step in steps)
        {
            Do(model, step);
            model.Replicas.ShouldBeInRange(Min, Max);
        }
    });

    [Fact]
    public void Replicas_AnyLoadsAndCrashes_MoveNoFasterThanThePolicies() => Gen.Select(Rules, Rules, Gen.Int[Min, Max], Steps.Array[1, 25]).Sample((up, down, replicas, steps) =>
    {
        var model = Start(new V2HorizontalPodAutoscalerBehavior { ScaleUp = up, ScaleDown = down }, replicas);
        var changes = new List<(DateTimeOffset At, int From, int To)>();
        foreach (var step in steps)
        {
            var before = model.Replicas;
            Do(model, step);
            if (model.Replicas == before)
                continue;
            var now = model.Cluster.Now;
            var rules = model.Replicas > before ? up : down;
            rules.SelectPolicy.ShouldNotBe("Disabled");
            var allowed = rules.Policies.Select(policy => IsAllowed(policy, PeriodStart(changes, before, now, policy.PeriodSeconds), before, model.Replicas));
            (rules.SelectPolicy == "Min" ? allowed.All(one => one) : allowed.Any(one => one)).ShouldBeTrue($"{before} to {model.Replicas} after {string.Join(' ', changes)}");
            changes.Add((now, before, model.Replicas));
        }
    });

    [Fact]
    public void Replicas_SteadyLoad_ConvergeToTheRatio() => Gen.Select(Gen.Int[1, 20_000], Gen.Int[Min, Max], Behaviors).Sample((load, replicas, behavior) =>
    {
        var isHeld = behavior is { ScaleUp.SelectPolicy: "Disabled" } or { ScaleDown.SelectPolicy: "Disabled" };
        if (isHeld)
            return;
        var model = Start(behavior, replicas);
        for (var i = 0; i < 400; i++)
            Do(model, (load, 60, Crash.None));

        // At rest usage is within the tolerance of the target of 100 for each, or at a bound; rounding leaves less than one replica.
        var rest = model.Replicas;
        var ratio = Math.Floor((double)load / rest * 100 / 200) / 50;
        (rest == Min || ratio >= 0.9 || Math.Ceiling(ratio * rest) == rest).ShouldBeTrue($"{load} with {rest}");
        (rest == Max || ratio <= 1.1).ShouldBeTrue($"{load} with {rest}");
        model.StepAfter(AutoscalerModel.Period).Actions.ShouldBeEmpty();
    }, iter: 20);

    [Fact]
    public void Plan_AnyLoad_MadeTwiceIsTheSame() => Gen.Select(Behaviors, Gen.Int[Min, Max], Steps.Array[1, 8]).Sample((behavior, replicas, steps) =>
    {
        var model = Start(behavior, replicas);
        foreach (var step in steps)
            Do(model, step);
        var (first, second) = (model.Reconciler.Reconcile(model.Cluster.Observe(model.Reconciler, Key)), model.Reconciler.Reconcile(model.Cluster.Observe(model.Reconciler, Key)));
        first.Memory.ShouldBe(second.Memory);
        first.Actions.Select(action => action.ToString()).ShouldBe(second.Actions.Select(action => action.ToString()));
    }, iter: 100);

    private static AutoscalerModel Start(V2HorizontalPodAutoscalerBehavior? behavior, int replicas)
    {
        var model = new AutoscalerModel(replicas);
        (model.Spec.MinReplicas, model.Spec.MaxReplicas, model.Spec.Behavior) = (Min, Max, behavior);
        return model;
    }

    /// <summary>Lets time pass and the pods follow, and runs the reconciler up to a crash.</summary>
    private static void Do(AutoscalerModel model, (int Load, int Seconds, Crash Crash) step)
    {
        model.FollowTarget();
        model.Cluster.Now += TimeSpan.FromSeconds(step.Seconds);
        var share = step.Load / Math.Max(1, model.Pods.Count);
        model.Usage = (_, _) => share;
        var plan = model.Reconciler.Reconcile(model.Cluster.Observe(model.Reconciler, Key));
        if (step.Crash == Crash.BeforeMemory)
            return;
        model.Cluster.Remember(Key, plan);
        if (step.Crash == Crash.BeforeActions)
            return;
        var refused = model.Cluster.Apply(plan.Actions);
        if (step.Crash != Crash.BeforeStatus && plan.Conclude?.Invoke(refused) is { } conclusion)
            model.Cluster.Apply([conclusion]);
    }

    private static int PeriodStart(List<(DateTimeOffset At, int From, int To)> changes, int current, DateTimeOffset now, int seconds) =>
        current - changes.Where(change => now - change.At < TimeSpan.FromSeconds(seconds)).Sum(change => change.To - change.From);

    private static bool IsAllowed(V2HPAScalingPolicy policy, int start, int before, int after)
    {
        var change = policy.Type == "Pods" ? policy.Value : after > before ? (int)Math.Ceiling(start * policy.Value / 100.0) : start - Math.Max(0, start * (100 - policy.Value) / 100);
        return after > before ? after <= start + change : after >= start - change;
    }
}
