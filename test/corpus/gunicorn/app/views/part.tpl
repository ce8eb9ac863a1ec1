<p>{{name.title()}}</p>
