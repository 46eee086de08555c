using OrleansOrchestrator.ControlPlane.Admission;

namespace OrleansOrchestrator.ControlPlane.Tests.Admission;

/// <summary>A plugin of both stages that does what a test says, and remembers what it was asked.</summary>
internal sealed class TestAdmission : IMutatingAdmission, IValidatingAdmission
{
    private readonly Lock _gate = new();
    private readonly List<AdmissionRequest> _mutated = [];
    private readonly List<AdmissionRequest> _validated = [];

    public string Name => "TestAdmission";

    public bool HasSideEffects { get; init; }

    public TimeSpan? Deadline { get; init; }

    /// <summary>Which requests concern it.</summary>
    public Func<AdmissionRequest, bool> Concerns { get; set; } = static _ => false;

    public Func<AdmissionRequest, CancellationToken, ValueTask<AdmissionRequest>> OnMutate { get; set; } = static (request, _) => ValueTask.FromResult(request);

    public Func<AdmissionRequest, CancellationToken, ValueTask> OnValidate { get; set; } = static (_, _) => ValueTask.CompletedTask;

    /// <summary>What it was asked to change.</summary>
    public IReadOnlyList<AdmissionRequest> Mutated => Copy(_mutated);

    /// <summary>What it was asked to judge.</summary>
    public IReadOnlyList<AdmissionRequest> Validated => Copy(_validated);

    public bool Handles(AdmissionRequest request) => Concerns(request);

    public ValueTask<AdmissionRequest> MutateAsync(AdmissionRequest request, CancellationToken cancellationToken)
    {
        lock (_gate)
            _mutated.Add(request);
        return OnMutate(request, cancellationToken);
    }

    public ValueTask ValidateAsync(AdmissionRequest request, CancellationToken cancellationToken)
    {
        lock (_gate)
            _validated.Add(request);
        return OnValidate(request, cancellationToken);
    }

    /// <summary>Forgets what it was asked.</summary>
    public void Forget()
    {
        lock (_gate)
        {
            _mutated.Clear();
            _validated.Clear();
        }
    }

    private List<AdmissionRequest> Copy(List<AdmissionRequest> requests)
    {
        lock (_gate)
            return [.. requests];
    }
}
