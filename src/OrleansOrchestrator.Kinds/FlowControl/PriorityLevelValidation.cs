using k8s.Models;
using OrleansOrchestrator.Model.Validation;

namespace OrleansOrchestrator.Kinds.FlowControl;

/// <summary>Validates priority levels.</summary>
/// <remarks>See k8s.io/kubernetes/pkg/apis/flowcontrol/validation.</remarks>
internal static class PriorityLevelValidation
{
    private const string ExemptName = "exempt";
    private const int QueuesMax = 10_000_000;
    private const int HashBitsMax = 60;

    private static readonly string[] Types = ["Exempt", "Limited"];
    private static readonly string[] ResponseTypes = ["Queue", "Reject"];

    public static void Validate(string? name, V1PriorityLevelConfigurationSpec spec, FieldPath path, FieldErrors errors)
    {
        if ((name == ExemptName) != (spec.Type == "Exempt"))
            errors.Invalid(path.Child("type"), spec.Type ?? "", "type must be 'Exempt' if and only if name is 'exempt'");
        switch (spec.Type)
        {
            case "Exempt":
                if (spec.Limited is not null)
                    errors.Forbidden(path.Child("limited"), "must be nil if the type is not Limited");
                if (spec.Exempt is { } exempt)
                    ValidateShares(exempt.NominalConcurrencyShares, exempt.LendablePercent, path.Child("exempt"), errors);
                break;
            case "Limited":
                if (spec.Exempt is not null)
                    errors.Forbidden(path.Child("exempt"), "must be nil if the type is Limited");
                if (spec.Limited is { } limited)
                    ValidateLimited(limited, path.Child("limited"), errors);
                else
                    errors.Required(path.Child("limited"), "must not be empty when type is Limited");
                break;
            default:
                errors.NotSupported(path.Child("type"), spec.Type ?? "", Types);
                break;
        }
    }

    private static void ValidateShares(int? shares, int? lendablePercent, FieldPath path, FieldErrors errors)
    {
        if (shares < 0)
            errors.Invalid(path.Child("nominalConcurrencyShares"), shares, "must be a non-negative integer");
        if (lendablePercent is < 0 or > 100)
            errors.Invalid(path.Child("lendablePercent"), lendablePercent, "must be between 0 and 100, inclusive");
    }

    private static void ValidateLimited(V1LimitedPriorityLevelConfiguration limited, FieldPath path, FieldErrors errors)
    {
        ValidateShares(limited.NominalConcurrencyShares, limited.LendablePercent, path, errors);
        ValidateResponse(limited.LimitResponse ?? new V1LimitResponse(), path.Child("limitResponse"), errors);
        if (limited.BorrowingLimitPercent < 0)
            errors.Invalid(path.Child("borrowingLimitPercent"), limited.BorrowingLimitPercent, "if specified, must be a non-negative integer");
    }

    private static void ValidateResponse(V1LimitResponse response, FieldPath path, FieldErrors errors)
    {
        switch (response)
        {
            case { Type: "Reject", Queuing: not null }:
                errors.Forbidden(path.Child("queuing"), "must be nil if limited.limitResponse.type is not Limited");
                break;
            case { Type: "Queue", Queuing: null }:
                errors.Required(path.Child("queuing"), "must not be empty if limited.limitResponse.type is Limited");
                break;
            case { Type: "Queue", Queuing: { } queuing }:
                ValidateQueuing(queuing, path.Child("queuing"), errors);
                break;
            case { Type: not "Reject" }:
                errors.NotSupported(path.Child("type"), response.Type ?? "", ResponseTypes);
                break;
        }
    }

    private static void ValidateQueuing(V1QueuingConfiguration queuing, FieldPath path, FieldErrors errors)
    {
        var (queues, handSize) = (queuing.Queues ?? 0, queuing.HandSize ?? 0);
        if (queuing.QueueLengthLimit is null or <= 0)
            errors.Invalid(path.Child("queueLengthLimit"), queuing.QueueLengthLimit ?? 0, "must be positive");
        if (queues <= 0)
            errors.Invalid(path.Child("queues"), queues, "must be positive");
        else if (queues > QueuesMax)
            errors.Invalid(path.Child("queues"), queues, $"must not be greater than {QueuesMax}");

        if (handSize <= 0)
            errors.Invalid(path.Child("handSize"), handSize, "must be positive");
        else if (handSize > queues)
            errors.Invalid(path.Child("handSize"), handSize, $"should not be greater than queues ({queues})");
        else if (Math.Ceiling(Math.Log2(queues) * handSize) > HashBitsMax)
            errors.Invalid(path.Child("handSize"), handSize, $"required entropy bits of deckSize {queues} and handSize {handSize} should not be greater than {HashBitsMax}");
    }
}
