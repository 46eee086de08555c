using CsCheck;
using OrleansOrchestrator.Controllers.Actions;
using OrleansOrchestrator.Controllers.Objects;
using OrleansOrchestrator.Controllers.Reconciling;
using OrleansOrchestrator.Controllers.Relations;
using OrleansOrchestrator.Controllers.Tests.Reconciling;
using OrleansOrchestrator.Kinds.Batch;
using OrleansOrchestrator.Model.Pods;

namespace OrleansOrchestrator.Controllers.Tests.Jobs;

/// <summary>What holds of a job whatever becomes of its pods, and wherever its controller is interrupted.</summary>
public sealed class JobProperties
{
    private enum Act
    {
        Reconcile,
        Succeed,
        Fail,
        Delete,
        Force,
        Stop,
        Wait,
        Suspend,
        Scale,
    }

    private static readonly Gen<(Act Act, int Number)[]> Courses = Gen.Select(
        Any.Of(Act.Reconcile, Act.Reconcile, Act.Reconcile, Act.Reconcile, Act.Succeed, Act.Succeed, Act.Fail, Act.Delete, Act.Force, Act.Stop, Act.Wait, Act.Suspend, Act.Scale),
        Gen.Int[0, 20]).Array[0, 60];

    private static readonly Gen<(string Mode, int? Completions, int Parallelism, int Limit, int? PerIndex, string Replacement)> Shapes = Gen.Select(
        Any.Of("Indexed", "NonIndexed"), Gen.Int[-1, 6], Gen.Int[0, 4], Gen.Int[0, 8], Gen.Int[-1, 2], Any.Of("TerminatingOrFailed", "Failed"),
        (mode, completions, parallelism, limit, perIndex, replacement) => (
            mode, completions < 0 ? (mode == "Indexed" ? 3 : (int?)null) : completions, parallelism, limit, mode == "Indexed" && perIndex >= 0 ? perIndex : (int?)null, replacement));

    [Fact]
    public void Job_AnyCourseOfEvents_CountsEachPodOnceAndComesToAnEnd() =>
        Gen.Select(Shapes, Courses).Sample((shape, course) =>
        {
            var run = new Run(new JobModel(
                spec =>
                {
                    (spec.CompletionMode, spec.Completions, spec.Parallelism) = (shape.Mode, shape.Completions, shape.Parallelism);
                    (spec.BackoffLimit, spec.BackoffLimitPerIndex, spec.PodReplacementPolicy) = (shape.Limit, shape.PerIndex, shape.Replacement);
                },
                keepsDeletedPods: true));
            foreach (var (act, number) in course)
                run.Do(act, number);
            run.Finish();
        }, iter: 400);

    [Fact]
    public void Reconcile_ShuffledPods_PlansTheSame() =>
        Gen.Select(Shapes, Courses, Gen.Int).Sample((shape, course, seed) =>
        {
            var model = new JobModel(
                spec =>
                {
                    (spec.CompletionMode, spec.Completions, spec.Parallelism) = (shape.Mode, shape.Completions, shape.Parallelism);
                    (spec.BackoffLimit, spec.BackoffLimitPerIndex, spec.PodReplacementPolicy) = (shape.Limit, shape.PerIndex, shape.Replacement);
                },
                keepsDeletedPods: true);
            var run = new Run(model);
            foreach (var (act, number) in course.Take(20))
                run.Do(act, number);
            var seen = model.Cluster.Observe(JobModel.Reconciler, JobModel.Key);
            var shuffled = JobModel.Reconciler.Relations.ToDictionary(relation => relation, relation =>
            {
                var related = seen.Related(relation).ToArray();
                new Random(seed).Shuffle(related);
                return (IReadOnlyList<RelatedObject>)related;
            });
            var other = new Observation(JobModel.Key, seen.Primary, shuffled, seen.Now);

            PlanText.Of(JobModel.Reconciler.Reconcile(other)).ShouldBe(PlanText.Of(JobModel.Reconciler.Reconcile(seen)));
        });

    /// <summary>One job's course, and what is known of it apart from its status.</summary>
    private sealed class Run(JobModel model)
    {
        private readonly HashSet<string> _succeeded = [];
        private readonly HashSet<string> _failed = [];
        private readonly HashSet<int> _completed = [];
        private bool _isFinished;

        /// <summary>How many pods may run, by what the Job takes for the end of a pod.</summary>
        private int Running => model.Job.Spec.PodReplacementPolicy == "Failed" ? model.Pods.Count(pod => !pod.IsTerminal) : model.Active.Count;

        public void Do(Act act, int number)
        {
            var active = model.Active;
            switch (act)
            {
                case Act.Reconcile:
                    Reconcile(number);
                    break;
                case Act.Succeed when active.Count > 0:
                    model.Succeed(active[number % active.Count]);
                    break;
                case Act.Fail when active.Count > 0:
                    model.Fail(active[number % active.Count]);
                    break;
                case Act.Delete when model.Pods.Count > 0:
                    model.Delete(model.Pods[number % model.Pods.Count]);
                    break;
                case Act.Force when model.Pods.Count > 0:
                    model.Delete(model.Pods[number % model.Pods.Count], graceSeconds: 0);
                    break;
                case Act.Stop:
                    if (model.Pods.FirstOrDefault(pod => pod.IsDeleting) is { } leaving)
                        model.Stop(leaving, number % 2 == 0 ? PodPhase.Failed : PodPhase.Succeeded);
                    break;
                case Act.Wait:
                    model.Cluster.Now += TimeSpan.FromSeconds(number * 3);
                    break;
                case Act.Suspend:
                    model.Edit(job => job.Spec.Suspend = number % 2 == 0);
                    break;
                case Act.Scale when model.Job.Spec.CompletionMode != "Indexed":
                    model.Edit(job => job.Spec.Parallelism = number % 5);
                    break;
            }
        }

        /// <summary>All pods succeed from now on, so that the job ends; then everything that ended is counted.</summary>
        public void Finish()
        {
            model.Edit(job => (job.Spec.Suspend, job.Spec.Parallelism) = (false, Math.Max(1, job.Spec.Parallelism ?? 1)));
            for (var round = 0; !Has("Complete", "Failed"); round++)
            {
                round.ShouldBeLessThan(100, "the job does not end");
                model.Cluster.Now += TimeSpan.FromMinutes(10);
                foreach (var pod in model.Pods.Where(pod => pod.IsDeleting))
                    model.Stop(pod);
                foreach (var pod in model.Active)
                    model.Succeed(pod);
                Reconcile(int.MaxValue);
            }

            while (Reconcile(int.MaxValue) > 0)
            {
            }

            model.Pods.Any(pod => pod.IsActive || pod.HasFinalizer(JobMetadataKeys.TrackingFinalizer)).ShouldBeFalse();
            (model.Status.Failed ?? 0).ShouldBe(_failed.Count);
            (model.Status.Succeeded ?? 0).ShouldBe(model.Job.Spec.CompletionMode == "Indexed" ? _completed.Count : _succeeded.Count);
            if (model.Has("Complete") && model.Job.Spec.Completions is { } completions)
                (model.Status.Succeeded ?? 0).ShouldBeGreaterThanOrEqualTo(completions);
        }

        /// <summary>The controller plans, and dies after some of its writes.</summary>
        private int Reconcile(int number)
        {
            var before = model.Pods.ToDictionary(pod => pod.Metadata.Uid);
            var known = model.Status?.UncountedTerminatedPods;
            var plan = model.Step(number);
            var applied = plan.Actions.Take(number).ToList();
            foreach (var patch in applied.OfType<PatchObject>())
                Released(before.Values.Single(pod => pod.Key == patch.Key), known?.Failed ?? []);

            applied.OfType<CreateObject>().Any(_ => _isFinished || model.Job.Spec.Suspend is true).ShouldBeFalse("it runs again");
            if (applied.OfType<CreateObject>().Any())
                Running.ShouldBeLessThanOrEqualTo(model.Job.Spec.Parallelism!.Value);
            _isFinished.ShouldBe(_isFinished && Has("Complete", "Failed"), "what is finished stays so");
            _isFinished = Has("Complete", "Failed");
            return plan.Actions.Count;
        }

        /// <summary>Nothing holds the pod any more, so that what it counts for must be durable by now.</summary>
        private void Released(V1Pod pod, IList<string> failed)
        {
            if (pod.Status?.Phase == PodPhase.Succeeded && !failed.Contains(pod.Metadata.Uid))
            {
                _succeeded.Add(pod.Metadata.Uid).ShouldBeTrue("a pod is released once");
                if (JobModel.IndexOf(pod) is { } index)
                    _completed.Add(index);
            }
            else
            {
                _failed.Add(pod.Metadata.Uid).ShouldBeTrue("a pod is released once");
            }
        }

        private bool Has(params string[] conditions) => conditions.Any(model.Has);
    }
}
