using OrleansOrchestrator.Controllers.Reconciling;

namespace OrleansOrchestrator.ControlPlane.Controllers;

/// <summary>
/// Hooks between the writes of plans. The product has no implementation: a test's host registers one, and ends the silo at one of
/// these points.
/// </summary>
internal interface IPlanFaultPoints
{
    /// <summary>Runs before each write of a plan, and after the last one. The plan goes on when the result completes.</summary>
    /// <param name="controller">Whose plan it is.</param>
    /// <param name="plan">The plan.</param>
    /// <param name="begun">How many of its writes have begun. Those of one batch begin together.</param>
    Task ReachAsync(string controller, Plan plan, int begun);
}
