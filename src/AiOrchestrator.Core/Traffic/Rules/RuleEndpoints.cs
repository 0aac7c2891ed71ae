using AiOrchestrator.Core.Traffic.Configuration;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;

namespace AiOrchestrator.Core.Traffic.Rules;

internal static class RuleEndpoints
{
    public static void Map(IEndpointRouteBuilder routes) => routes.MapParts<StoredRule, RuleSet, RuleRequest, RuleView>(new PartRoutes<StoredRule, RuleView>
    {
        Root = "/control/v1/routes",
        Tag = "Routes",
        One = "Route",
        Words = "a routing rule",
        IdPrefix = "rul",
        Read = static (body, request, before) => new ReadRule(request.Services.GetRequiredService<PartDirectory<StoredRule, RuleSet>>()).Run(body, request, before),
        View = RuleView.Of,
        Type = RulesJson.Default.RuleView,
        PageType = RulesJson.Default.PageRuleView,
    });
}
