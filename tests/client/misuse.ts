// Every line below an "expect" must be refused by the compiler, or the types say less than the document.
import createClient from "openapi-fetch";

import type { paths } from "./hearthline.js";

const api = createClient<paths>({ baseUrl: "" });
const path = { household_id: 1 };

// @ts-expect-error - no such address
await api.GET("/api/v1/nowhere");
// @ts-expect-error - a home has to be named
await api.GET("/api/v1/households/{household_id}");
// @ts-expect-error - a vote has a sensation
await api.POST("/api/v1/households/{household_id}/feedback", { params: { path }, body: { comment: "brr" } });
// @ts-expect-error - no such resolution
await api.GET("/api/v1/households/{household_id}/consumption", { params: { path, query: { from: "", to: "", resolution: "second" } } });
